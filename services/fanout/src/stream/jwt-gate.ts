import { createTokenKey, RevocationList, verifyToken } from '@webmacs/auth'
import type { Bus } from '@webmacs/bus'
import { AppError } from '@webmacs/contracts'
import type { Admission, Refusal, TokenGate } from './token-gate.ts'

/** Lets users with a valid access token in; signature and revocation are checked here, without asking the api. */
export async function jwtGate({ bus, secret }: { readonly bus: Bus; readonly secret: string }): Promise<TokenGate> {
  const key = createTokenKey(secret)
  const revoked = new RevocationList({ bus })
  await revoked.start()
  const admit = async (token: string | undefined): Promise<Admission | Refusal> => {
    if (token === undefined || token === '') return { refused: 'Authentication required' }
    if (token.startsWith('wm_')) return { refused: 'Invalid API token' }
    try {
      const claims = await verifyToken(key, token)
      if (revoked.has(claims)) return { refused: 'Token has been revoked' }
      return { userId: claims.sub, role: claims.role, session: claims, expiresAtMs: claims.exp * 1000 }
    } catch (err) {
      if (!(err instanceof AppError)) throw err
      return { refused: 'Invalid or expired token' }
    }
  }
  const isRevoked = ({ session }: Admission): boolean => revoked.has(session)
  return { admit, isRevoked, onRevoked: (listener) => revoked.onRevoked(listener), stop: () => revoked.stop() }
}
