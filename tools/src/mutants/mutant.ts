export type TestFiles = readonly [likeliest: string, ...others: string[]]

/** A small change to the planner, or to what it relies on, that makes some answer wrong. */
export interface Mutant {
  /** What is wrong about it, in a few words; its file's name comes before it. */
  readonly name: string
  /** From the repository's root. */
  readonly file: string
  /** Occurs once in the file. */
  readonly find: string
  readonly replace: string
  /** Test files that are to find it, from the repository's root; the likeliest first, since it may spare the others. */
  readonly tests: TestFiles
  /** Why the random statements cannot find it, where they cannot: what they do not reach. */
  readonly beyondFuzz?: string
}

/** Changes of one file that the same tests are to find: name, what is replaced, by what. */
export function mutantsOf(
  file: string,
  tests: TestFiles,
  changes: readonly (readonly [name: string, find: string, replace: string])[],
  beyondFuzz?: string,
): readonly Mutant[] {
  const base = (file.split('/').at(-1) ?? file).replace(/\.ts$/, '')
  return changes.map(([name, find, replace]) => ({
    name: `${base}: ${name}`,
    file,
    find,
    replace,
    tests,
    ...(beyondFuzz === undefined ? {} : { beyondFuzz }),
  }))
}
