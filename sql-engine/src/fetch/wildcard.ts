/**
 * The texts that a pattern of the configuration means: `*` stands for any run of characters, `?` for one.
 */
export function wildcardTest(pattern: string): RegExp {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, (character) => {
    if (character === '*') return '.*'
    return character === '?' ? '.' : `\\${character}`
  })
  return new RegExp(`^${source}$`, 'su')
}
