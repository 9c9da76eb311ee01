const MIB = 1024 * 1024

/** Bounds of a package, far above what a driver with its libraries needs. */
export const PACKAGE_LIMITS = {
  /** Of the file. */
  fileBytes: 50 * MIB,
  /** Of the files of all packages: the broker's store, which holds them with what it needs itself, has 512 MiB. */
  allFilesBytes: 450 * MIB,
  unpackedBytes: 500 * MIB,
  files: 20_000,
  /** Unpacked size by size of the file, counted from `ratioFromBytes` on: a small file of equal characters is no bomb. */
  ratio: 200,
  ratioFromBytes: 20 * MIB,
  /** Of one package.json, and of all: they are held in memory. */
  manifestBytes: MIB,
  manifestsBytes: 20 * MIB,
  /** Of a name in the archive: with the folder that it is unpacked to, it has to fit into what systems take as a path. */
  pathBytes: 1000,
  /** Of one folder or file in it, as file systems have it. */
  nameBytes: 255,
} as const
