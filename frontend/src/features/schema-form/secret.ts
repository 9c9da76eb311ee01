import type { SECRET_PLACEHOLDER } from '@webmacs/contracts'

/** Stands for a secret that the server does not show; sent back, the secret stays. Written out to keep the schemas out of the bundle. */
export const SECRET: typeof SECRET_PLACEHOLDER = '[secret]'
