import { hash, verify as verifyArgon2 } from '@node-rs/argon2'
import { verify as verifyBcrypt } from '@node-rs/bcrypt'

/** OWASP's least for argon2id: 19 MiB, two passes, one lane; about 25 ms off the event loop. `algorithm` 2 is argon2id. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Of a password that nobody knows, made with `COST`: unknown users take as long as known ones. */
const NOBODY = '$argon2id$v=19$m=19456,t=2,p=1$wjEeNpa7bwx2M3cTHSixyA$OM7uvlAo3BEIbArfTCBMr3YOgfWVc0VeT6AJPFYg0p0'
/** The same for imported users: WebMACS 2 made bcrypt hashes of cost 12. */
const NOBODY_IMPORTED = '$2b$12$uicyz6CIV4KphC.gq0qK5.C0WYCc0OpV8tDCKiT6V8ZTGUmxxQwX.'

const BCRYPT = /^\$2[aby]\$/
const ARGON2 = /^\$argon2/

export const hashPassword = (password: string): Promise<string> => hash(password, COST)

/** Whether a stored hash is of the kind that WebMACS 2 made (bcrypt, of which only the first 72 bytes of a password count). */
export const isImportedHash = (stored: string): boolean => BCRYPT.test(stored)

export interface VerifyOptions {
  /** Whether some user has an imported hash: every refusal then takes the time of both kinds, so that none shows who exists. */
  readonly withImported: boolean
}

/**
 * Compares a password with a stored hash, in a thread of the pool.
 * @param stored undefined or null when there is no such user, or one without a password: takes the same time and answers false
 */
export async function verifyPassword(
  stored: string | null | undefined,
  password: string,
  { withImported }: VerifyOptions = { withImported: false },
): Promise<boolean> {
  const imported = stored && BCRYPT.test(stored) ? stored : undefined
  const own = stored && ARGON2.test(stored) ? stored : undefined
  if (imported !== undefined && (await verifyBcrypt(password, imported))) return true
  if ((await verifyArgon2(own ?? NOBODY, password)) && own !== undefined) return true
  if (withImported && imported === undefined) await verifyBcrypt(password, NOBODY_IMPORTED)
  return false
}
