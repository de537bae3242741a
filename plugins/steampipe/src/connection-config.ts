/** A connection's settings as a plugin of Steampipe reads them: the body of a block in HCL. */

/**
 * Writes values as JSON, which HCL's expressions are a superset of but for two things in texts: `${` and `%{` begin
 * templates. (HCL as JSON is read by most plugins, but not by those with an older kind of schema.)
 */
export function connectionConfig(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name} = ${JSON.stringify(value).replaceAll(/([$%])\{/g, '$1$1{')}\n`)
    .join('')
}
