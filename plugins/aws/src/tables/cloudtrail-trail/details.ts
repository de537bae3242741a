/**
 * Details that cost a further call for each trail: status, selectors, tags.
 *
 * A multi-region trail is listed once in each region, but has one status and one set of tags, at home. So these are
 * asked for in the trail's home region, by its ARN, and remembered for the length of a scan.
 */
import type { Tag } from '@aws-sdk/client-cloudtrail'
import { ApiError, type Row, type Scan } from '@millrace/plugin-sdk'
import { awsCallExpecting, ExpectedError } from '../../calls/aws-call.js'
import { Batch } from '../../calls/batch.js'
import { jsonOrNull } from '../../columns/json-value.js'
import { tagObject } from '../../columns/tag-object.js'
import type { AwsConnection } from '../../connection/connection.js'
import { cloudTrail } from '../../services/cloudtrail.js'
import type { TrailColumns } from './columns.js'

type TrailScan = Scan<AwsConnection, TrailColumns>
type TrailRow = Row<TrailColumns>

/** The error of a trail that was deleted while a query ran. */
const gone = ['TrailNotFoundException']
const insightsAbsent = [...gone, 'InsightNotEnabledException']
const tagsGone = ['ResourceNotFoundException', 'TrailNotFoundException', 'CloudTrailARNInvalidException']

/** Errors for trails of other accounts. For a trail in the caller's own account, each of these fails the query. */
const refusedToOthers = [
  'CloudTrailARNInvalidException',
  'TrailNotFoundException',
  'AccessDeniedException',
  'AccessDenied',
]

/** The most ARNs that ListTags takes. */
const mostTagged = 20

export function fetchStatus(row: TrailRow, scan: TrailScan): Promise<TrailRow> {
  return detail('status', row, scan, async (arn, region) => {
    const status = await awsCallExpecting(scan, 'GetTrailStatus', region, gone, async (abortSignal) =>
      (await scan.connection.client(cloudTrail, region)).getTrailStatus({ Name: arn }, { abortSignal }),
    )
    if (status instanceof ExpectedError) return {}
    return {
      is_logging: status.IsLogging,
      latest_cloudwatch_logs_delivery_error: status.LatestCloudWatchLogsDeliveryError,
      latest_cloudwatch_logs_delivery_time: status.LatestCloudWatchLogsDeliveryTime,
      latest_delivery_error: status.LatestDeliveryError,
      latest_delivery_time: status.LatestDeliveryTime,
      latest_digest_delivery_error: status.LatestDigestDeliveryError,
      latest_digest_delivery_time: status.LatestDigestDeliveryTime,
      latest_notification_error: status.LatestNotificationError,
      latest_notification_time: status.LatestNotificationTime,
      start_logging_time: status.StartLoggingTime,
      stop_logging_time: status.StopLoggingTime,
    }
  })
}

export function fetchEventSelectors(row: TrailRow, scan: TrailScan): Promise<TrailRow> {
  return detail('event selectors', row, scan, async (arn, region) => {
    const answer = await awsCallExpecting(scan, 'GetEventSelectors', region, gone, async (abortSignal) =>
      (await scan.connection.client(cloudTrail, region)).getEventSelectors(
        { TrailName: arn },
        { abortSignal },
      ),
    )
    if (answer instanceof ExpectedError) return {}
    return {
      advanced_event_selectors: jsonOrNull(answer.AdvancedEventSelectors),
      event_selectors: jsonOrNull(answer.EventSelectors),
    }
  })
}

export async function fetchInsightSelectors(row: TrailRow, scan: TrailScan): Promise<TrailRow> {
  // The list has said that there are none.
  if (row.has_insight_selectors === false) return {}
  return detail('insight selectors', row, scan, async (arn, region) => {
    const answer = await awsCallExpecting(
      scan,
      'GetInsightSelectors',
      region,
      insightsAbsent,
      async (abortSignal) =>
        (await scan.connection.client(cloudTrail, region)).getInsightSelectors(
          { TrailName: arn },
          { abortSignal },
        ),
    )
    return answer instanceof ExpectedError ? {} : { insight_selectors: jsonOrNull(answer.InsightSelectors) }
  })
}

export function fetchTags(row: TrailRow, scan: TrailScan): Promise<TrailRow> {
  return detail('tags', row, scan, async (arn, region, memory) => {
    // A trail of another account may fail the call for all that are asked for with it.
    const place = `${region} ${accountOf(arn)}`
    let batch = memory.tagBatches.get(place)
    if (batch === undefined) {
      batch = new Batch(mostTagged, (arns) => listTags(arns, region, scan))
      memory.tagBatches.set(place, batch)
    }
    const tags = await batch.get(arn)
    if (tags === undefined) return {}
    return { tags_src: jsonOrNull(tags), tags: tagObject(tags) }
  })
}

async function listTags(
  arns: readonly string[],
  region: string,
  scan: TrailScan,
): Promise<ReadonlyMap<string, readonly Tag[]>> {
  const answer = await awsCallExpecting(scan, 'ListTags', region, tagsGone, async (abortSignal) =>
    (await scan.connection.client(cloudTrail, region)).listTags(
      { ResourceIdList: [...arns] },
      { abortSignal },
    ),
  )
  if (answer instanceof ExpectedError) {
    if (arns.length === 1) return new Map()
    // One ARN of a trail that is gone fails the call for all.
    const singles = await Promise.all(arns.map((arn) => listTags([arn], region, scan)))
    return new Map(singles.flatMap((single) => [...single]))
  }
  return new Map(
    (answer.ResourceTagList ?? []).flatMap(({ ResourceId, TagsList }) =>
      ResourceId === undefined || TagsList === undefined ? [] : [[ResourceId, TagsList] as const],
    ),
  )
}

/** What is known of a scan's trails, by kind of detail and ARN. */
interface Memory {
  readonly details: Map<string, Promise<TrailRow>>
  readonly tagBatches: Map<string, Batch<string, readonly Tag[]>>
}

const memories = new WeakMap<TrailScan, Memory>()

function memoryOf(scan: TrailScan): Memory {
  let memory = memories.get(scan)
  if (memory === undefined) {
    memory = { details: new Map(), tagBatches: new Map() }
    memories.set(scan, memory)
  }
  return memory
}

async function detail(
  kind: string,
  row: TrailRow,
  scan: TrailScan,
  fetch: (arn: string, homeRegion: string, memory: Memory) => Promise<TrailRow>,
): Promise<TrailRow> {
  const { arn } = row
  const region = row.home_region ?? row.region
  if (typeof arn !== 'string' || typeof region !== 'string') return {}
  // An organization's trail is shown to its members, who may not ask for more.
  if (row.is_organization_trail === true && (await belongsToOtherAccount(arn, scan))) return {}
  const memory = memoryOf(scan)
  const key = `${kind} ${arn}`
  let fetched = memory.details.get(key)
  if (fetched === undefined) {
    fetched = fetch(arn, region, memory).catch(async (error: unknown) => {
      if (isRefusedToOthers(error) && (await belongsToOtherAccount(arn, scan))) return {}
      throw error
    })
    memory.details.set(key, fetched)
  }
  return fetched
}

/** Whether an error is what accounts get for a trail that is shown to them, but is not theirs. */
function isRefusedToOthers(error: unknown): boolean {
  return ApiError.is(error) && error.code !== undefined && refusedToOthers.includes(error.code)
}

async function belongsToOtherAccount(arn: string, scan: TrailScan): Promise<boolean> {
  const { accountId } = await scan.connection.callerIdentity(scan)
  return accountOf(arn) !== accountId
}

function accountOf(arn: string): string | undefined {
  return arn.split(':')[4]
}
