import { createClient, passwordSession } from '@webmacs/client'

const { WEBMACS_URL = 'http://localhost:8000', WEBMACS_EMAIL, WEBMACS_PASSWORD } = process.env

export const client = createClient(
  passwordSession({
    baseUrl: WEBMACS_URL,
    email: WEBMACS_EMAIL ?? 'admin@webmacs.io',
    password: WEBMACS_PASSWORD ?? 'admin123',
  }),
)
