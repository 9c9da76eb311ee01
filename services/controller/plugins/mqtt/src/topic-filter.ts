/** Whether a topic is one that the filter means: `+` stands for one level, `#` at the end for any number. */
export function matchesTopic(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  // Topics of the broker itself are never meant by a wildcard at the beginning.
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (levels[index] === undefined || (level !== '+' && level !== levels[index])) return false
  }
  return wanted.length === levels.length
}
