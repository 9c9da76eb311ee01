const MIB = 1024 * 1024

/** Bounds of a package, far above what a driver with its libraries needs. */
export const PACKAGE_LIMITS = {
  /** Of the file. */
  fileBytes: 50 * MIB,
  unpackedBytes: 500 * MIB,
  files: 20_000,
  /** Unpacked size by size of the file, counted from `ratioFromBytes` on: a small file of equal characters is no bomb. */
  ratio: 200,
  ratioFromBytes: 20 * MIB,
  manifestBytes: MIB,
} as const
