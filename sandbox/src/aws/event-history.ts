/** CloudTrail's event history: what LookupEvents looks through. */
import { z } from 'zod'

/** An event as LookupEvents gives it; the time in epoch seconds. */
export interface HistoryEvent {
  readonly EventId: string
  readonly EventName: string
  readonly ReadOnly: string
  readonly AccessKeyId?: string | undefined
  readonly EventTime: number
  readonly EventSource: string
  readonly Username?: string | undefined
  readonly Resources: readonly HistoryResource[]
  readonly CloudTrailEvent: string
}

export interface HistoryResource {
  readonly ResourceType: string
  readonly ResourceName: string
}

const recordSchema = z.object({
  eventID: z.string(),
  eventName: z.string(),
  eventSource: z.string(),
  eventTime: z.string(),
  readOnly: z.boolean(),
  userIdentity: z.object({
    type: z.string().optional(),
    arn: z.string().optional(),
    userName: z.string().optional(),
    accessKeyId: z.string().optional(),
  }),
  requestParameters: z.record(z.string(), z.unknown()).nullish(),
  resources: z.array(z.object({ type: z.string().optional(), ARN: z.string().optional() })).nullish(),
})

type CloudTrailRecord = z.infer<typeof recordSchema>

const keptMs = 90 * 24 * 3600 * 1000

export class EventHistory {
  readonly #events: (HistoryEvent & { readonly region: string })[] = []

  /**
   * @param now the time of the history, in epoch milliseconds. It stands still, so that the article's events are
   *   always of the last 90 days.
   */
  constructor(readonly now: number) {}

  /** @param record a CloudTrail record as JSON text */
  add(region: string, record: string): void {
    this.#events.push({ region, ...historyEvent(record) })
  }

  /** The events of a region's last 90 days, the newest first. */
  inRegion(region: string): readonly HistoryEvent[] {
    const since = (this.now - keptMs) / 1000
    return this.#events
      .filter((event) => event.region === region && event.EventTime >= since)
      .map(({ region: _, ...event }) => event)
      .sort((a, b) => b.EventTime - a.EventTime)
  }
}

function historyEvent(record: string): HistoryEvent {
  const parsed = recordSchema.parse(JSON.parse(record))
  return {
    EventId: parsed.eventID,
    EventName: parsed.eventName,
    ReadOnly: String(parsed.readOnly),
    AccessKeyId: parsed.userIdentity.accessKeyId || undefined,
    EventTime: Date.parse(parsed.eventTime) / 1000,
    EventSource: parsed.eventSource,
    Username: usernameOf(parsed),
    Resources: resourcesOf(parsed),
    CloudTrailEvent: record,
  }
}

/** A user's name, `root`, or a role session's; services have none. */
function usernameOf({ userIdentity: { type, arn, userName } }: CloudTrailRecord): string | undefined {
  if (userName !== undefined) return userName
  if (type === 'Root') return 'root'
  return arn?.split('/').slice(1).at(-1)
}

function resourcesOf({ requestParameters, resources }: CloudTrailRecord): HistoryResource[] {
  const named = (resources ?? []).flatMap(({ type, ARN }) =>
    type === undefined || ARN === undefined ? [] : [{ ResourceType: type, ResourceName: ARN }],
  )
  const { bucketName, roleArn } = requestParameters ?? {}
  if (typeof bucketName === 'string') {
    named.push({ ResourceType: 'AWS::S3::Bucket', ResourceName: bucketName })
  }
  if (typeof roleArn === 'string') named.push({ ResourceType: 'AWS::IAM::Role', ResourceName: roleArn })
  return named
}
