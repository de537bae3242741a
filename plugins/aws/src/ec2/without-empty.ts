/**
 * Drops empty members, which EC2 sends where there is nothing to say, such as the public name of an instance that has
 * none.
 */
export function withoutEmpty<Members extends object>(members: Members | undefined): Partial<Members> {
  // What is left has the members' own types.
  return Object.fromEntries(
    Object.entries(members ?? {}).filter(([, value]) => value !== ''),
  ) as Partial<Members>
}
