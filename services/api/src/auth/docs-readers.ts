import type { AuthenticationOptions } from '@webmacs/auth/fastify'
import { AppError, LoginRequest } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { type CredentialsOptions, checkCredentials } from './credentials.ts'

const validate = createValidator(LoginRequest, 'authorization')

/** Lets only admins read what the access table calls configurable; a browser comes with email and password, like a login. */
export function docsForAdmins(options: CredentialsOptions): NonNullable<AuthenticationOptions['restricted']> {
  return {
    roleByPassword: async (credentials, request) => {
      const checked = validate(credentials)
      if (!checked.ok) throw new AppError('auth.bad-credentials')
      return (await checkCredentials(options, request, checked.value)).role
    },
  }
}
