/** What CloudTrail Lake holds in the sandbox. Members are named as in the API, times are epoch seconds. */

interface Regional {
  readonly region: string
}

export interface EventDataStore extends Regional {
  /** What follows `eventdatastore/` in its ARN. */
  readonly id: string
  /** The store as GetEventDataStore gives it, besides the ARN. */
  readonly description: {
    readonly Name: string
    readonly Status: 'ENABLED' | 'PENDING_DELETION'
    readonly [member: string]: unknown
  }
}

export interface Channel extends Regional {
  /** What follows `channel/` in its ARN. */
  readonly id: string
  /** The channel as GetChannel gives it, besides the ARN. */
  readonly description: { readonly Name: string; readonly [member: string]: unknown }
}

export interface Import extends Regional {
  /** The import as GetImport gives it. */
  readonly description: {
    readonly ImportId: string
    readonly ImportStatus: string
    readonly Destinations: readonly string[]
    readonly CreatedTimestamp: number
    readonly UpdatedTimestamp: number
    readonly [member: string]: unknown
  }
}

export interface Query extends Regional {
  /** The id of the event data store that was asked. */
  readonly store: string
  /** The query as DescribeQuery gives it. */
  readonly description: {
    readonly QueryId: string
    readonly QueryStatus: string
    readonly QueryStatistics: { readonly CreationTime: number; readonly [member: string]: unknown }
    readonly [member: string]: unknown
  }
}

/** The contents of CloudTrail Lake; may be added to at any time. */
export class LakeStore {
  readonly stores: EventDataStore[] = []
  readonly channels: Channel[] = []
  readonly imports: Import[] = []
  readonly queries: Query[] = []
  /** Regions that do not offer CloudTrail Lake. */
  readonly regionsWithout = new Set<string>()
}

export function arnOf(
  kind: 'eventdatastore' | 'channel',
  region: string,
  accountId: string,
  id: string,
): string {
  return `arn:aws:cloudtrail:${region}:${accountId}:${kind}/${id}`
}
