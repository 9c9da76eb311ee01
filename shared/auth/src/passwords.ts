import { hash, verify } from '@node-rs/argon2'

/** OWASP's least for argon2id: 19 MiB, two passes, one lane; about 25 ms off the event loop. `algorithm` 2 is argon2id. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Of a password that nobody knows, made with `COST`: unknown users take as long as known ones. */
const NOBODY = '$argon2id$v=19$m=19456,t=2,p=1$wjEeNpa7bwx2M3cTHSixyA$OM7uvlAo3BEIbArfTCBMr3YOgfWVc0VeT6AJPFYg0p0'

export const hashPassword = (password: string): Promise<string> => hash(password, COST)

/**
 * Compares a password with a stored hash, in a thread of the pool.
 * @param stored undefined when there is no such user: takes the same time and answers false
 */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  const matches = await verify(stored ?? NOBODY, password)
  return stored !== undefined && matches
}
