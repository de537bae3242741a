/** Where files are: paths, and URLs. */

/** Whether a source is a URL. */
export function isHttp(source: string): boolean {
  return /^https?:\/\//i.test(source) && URL.canParse(source)
}

/** A location as messages and the column `_file` show it: a URL without what may be secret. */
export function shownLocation(location: string): string {
  if (!isHttp(location)) return location
  const { origin, pathname } = new URL(location)
  return `${origin}${pathname}`
}
