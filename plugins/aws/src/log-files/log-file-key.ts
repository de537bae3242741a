/**
 * What the key of a log file tells.
 *
 * From the AWS pages "Finding your CloudTrail log files" and "CloudTrail log file examples", and "Creating a trail for an
 * organization" for the organization's folder:
 * `prefix/AWSLogs/o-organization/account/CloudTrail/region/2022/07/06/account_CloudTrail_region_20220706T2010Z_unique.json.gz`
 */

export interface LogFileKey {
  /** What stands before `AWSLogs`, without the slash between them; empty for nothing. */
  readonly prefix: string
  readonly organizationId: string | null
  readonly accountId: string
  readonly region: string
  /** The day of its folder, as PostgreSQL writes dates. */
  readonly date: string
  /** When it was delivered, in epoch milliseconds: to the minute. */
  readonly deliveredAt: number
}

/**
 * The folders of log files: events of all kinds, except for Insights events and network activity events, which have folders of
 * their own. What lies in others, such as digests, has no records.
 */
export const logFolders: ReadonlySet<string> = new Set([
  'CloudTrail',
  'CloudTrail-Insight',
  'CloudTrail-NetworkActivity',
])

const shape =
  /^(?:(?<prefix>.*)\/)?AWSLogs\/(?:(?<organization>o-[a-z0-9-]+)\/)?(?<account>\d+)\/(?<folder>[A-Za-z-]+)\/(?<region>[a-z0-9-]+)\/(?<year>\d{4})\/(?<month>\d\d)\/(?<day>\d\d)\/\k<account>_\k<folder>_\k<region>_(?<date>\d{8})T(?<hour>\d\d)(?<minute>\d\d)Z_[^/]+\.json(?:\.gz)?$/s

/** @returns undefined for a key that is not that of a log file */
export function parseLogFileKey(key: string): LogFileKey | undefined {
  const parts = shape.exec(key)?.groups
  if (parts === undefined || !logFolders.has(parts.folder ?? '')) return undefined
  const { prefix = '', organization = null, account = '', region = '', year, month, day } = parts
  const delivered = (parts.date ?? '').replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')
  const deliveredAt = Date.parse(`${delivered}T${parts.hour}:${parts.minute}:00Z`)
  const date = `${year}-${month}-${day}`
  if (Number.isNaN(deliveredAt) || Number.isNaN(Date.parse(date)) || date < '0001') return undefined
  return { prefix, organizationId: organization, accountId: account, region, date, deliveredAt }
}

/** What the names of a day's log files, delivered from a minute on, begin with or follow. */
export function firstNameFrom(folder: LogFolder, time: number): string {
  const minute = `${new Date(time).toISOString().slice(0, 16).replace(/[-:]/g, '')}Z`
  return `${folder.accountId}_${folder.kind}_${folder.region}_${minute}`
}

/** Where the log files of an account's region lie. */
export interface LogFolder {
  /** With a slash at its end. */
  readonly path: string
  readonly kind: string
  readonly accountId: string
  readonly region: string
}
