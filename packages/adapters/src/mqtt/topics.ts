/** Whether a topic is what a filter means (MQTT 5, section 4.7): `+` is any one level, `#` at the end any number of them. */
export function matchesFilter(filter: string, topic: string): boolean {
  if (filter === topic) return true
  const wanted = filter.split('/')
  const levels = topic.split('/')
  // Topics of the broker itself are not meant by a filter that begins with a wildcard.
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false
  }
  return wanted.length === levels.length
}
