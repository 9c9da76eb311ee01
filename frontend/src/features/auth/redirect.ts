/** Where to go after the login: a path of this page only, so that a link cannot send the user elsewhere. */
export function safeRedirect(wanted: unknown): string {
  if (typeof wanted !== 'string' || !wanted.startsWith('/')) return '/'
  return /^\/[/\\]/.test(wanted) || wanted.startsWith('/login') ? '/' : wanted
}
