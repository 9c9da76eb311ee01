import { AppError } from '@webmacs/contracts'
import { PACKAGE_LIMITS } from './limits.ts'

const ROOT = 'package'

/**
 * Where an entry of the archive lies in its package, with `/`; empty: the package's folder itself. Whoever joins it to a folder stays in it.
 * @throws AppError `package.path`, or `package.not-a-package` when `npm pack` would not have written it
 */
export function entryPath(name: string): string {
  const outside = (why: string): AppError =>
    new AppError('package.path', {
      detail: `The file name ${JSON.stringify(name.slice(0, 200))} ${why}. Make the package with npm pack.`,
    })
  const { pathBytes, nameBytes } = PACKAGE_LIMITS
  if (Buffer.byteLength(name) > pathBytes) throw outside(`is longer than ${pathBytes} bytes`)
  if (/[\\\0]/.test(name)) throw outside('holds a character that is not allowed')
  if (/^(\/|[a-zA-Z]:)/.test(name)) throw outside('is absolute')
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw outside('leads out of the package')
  if (segments.some((segment) => Buffer.byteLength(segment) > nameBytes))
    throw outside(`has a part of more than ${nameBytes} bytes`)
  if (segments[0] !== ROOT)
    throw new AppError('package.not-a-package', {
      detail: `The file is not made by npm pack: ${JSON.stringify(name.slice(0, 200))} is not in the folder "package".`,
    })
  return segments.slice(1).join('/')
}
