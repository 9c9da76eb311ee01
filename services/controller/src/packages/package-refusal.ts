/** A version of a package is of no use here, and will not be when it is tried again; the message says why, to people. */
export class PackageRefusal extends Error {
  override readonly name = 'PackageRefusal'
}
