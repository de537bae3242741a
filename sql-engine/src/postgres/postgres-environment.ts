/** What PostgreSQL's processes see of our environment, which also holds credentials: only the time zone. */
export function postgresEnvironment(): Record<string, string> {
  const { TZ, TMPDIR } = process.env
  return {
    PATH: '/usr/bin:/bin',
    LC_ALL: 'C',
    ...(TZ === undefined ? {} : { TZ }),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
  }
}
