/**
 * aws_cloudtrail_import: imports of trails' log files into CloudTrail Lake, by ListImports in each region.
 */
import type { GetImportResponse, ImportStatus, ImportsListItem } from '@aws-sdk/client-cloudtrail'
import { equalValue, jsonb, type Row, type Scan, text, timestamptz } from '@millrace/plugin-sdk'
import { awsCallExpecting, ExpectedError } from '../calls/aws-call.js'
import {
  type IdentityValues,
  identityColumns,
  identityKeys,
  identityOfScan,
} from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { lakeList } from '../lake/lake-list.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { cloudTrail } from '../services/cloudtrail.js'

const columns = {
  import_id: text('The identifier of the import.'),
  created_timestamp: timestamptz('When the import was made.'),
  import_status: text('How far the import is, such as IN_PROGRESS, COMPLETED or FAILED.'),
  end_event_time: timestamptz('Events until then are imported.'),
  start_event_time: timestamptz('Events from then on are imported.'),
  updated_timestamp: timestamptz('When the import last changed.'),
  destinations: jsonb('The ARNs of the event data stores that events are imported into, as a list.'),
  import_source: jsonb('The S3 bucket that events are imported from.'),
  import_statistics: jsonb('How much was found and imported, and how much failed.'),
  title: text('A title for the import: its identifier.'),
  ...identityColumns,
}

type ImportColumns = typeof columns

type ImportScan = Scan<AwsConnection, ImportColumns>
type ImportRow = Row<ImportColumns>

const gone = ['ImportNotFoundException', 'UnsupportedOperationException']

/** The form of an import's identifier (GetImport, ImportId): there are no others, and it would reject the call. */
const importId = /^[a-f0-9-]{36}$/

/** The statuses that ListImports takes; others may be added with time, and are looked for in the whole list. */
const knownStatuses: readonly string[] = ['INITIALIZING', 'IN_PROGRESS', 'FAILED', 'STOPPED', 'COMPLETED']

export const cloudtrailImport = defineTable({
  name: 'aws_cloudtrail_import',
  description: "Imports of trails' log files into event data stores of CloudTrail Lake.",
  columns,
  calls: callsOf(cloudTrail, 'ListImports', 'GetImport'),
  keys: {
    import_id: { operators: ['='], valuesPerCall: 1, inherent: true },
    import_status: { operators: ['='], valuesPerCall: 1, inherent: true },
    ...identityKeys,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    yield* eachRegion(regions, scan, (region) => importsOf(region, identity, scan))
  },
  get: {
    import_id: {
      async *list(id, scan) {
        if (!importId.test(id)) return
        const identity = await identityOfScan(scan, scan.quals.account_id)
        if (identity === undefined) return
        const regions = await regionsOfScan(scan, scan.quals.region)
        yield* eachRegion(regions, scan, (region) => importOf(id, region, identity, scan))
      },
    },
  },
  hydrate: {
    import: {
      columns: ['end_event_time', 'start_event_time', 'import_source', 'import_statistics'],
      fetch: fetchImport,
    },
  },
  examples: [
    {
      title: 'Imports, the latest first',
      sql: `select import_id, import_status, created_timestamp, updated_timestamp
from aws_cloudtrail_import
order by created_timestamp desc`,
    },
    {
      title: 'What failed imports did not bring',
      sql: `select import_id, import_source ->> 'S3LocationUri' as source, import_statistics -> 'FailedEntries' as failed
from aws_cloudtrail_import
where import_status = 'FAILED'`,
    },
    {
      title: 'The event data stores that were imported into',
      sql: `select distinct s.name
from aws_cloudtrail_import i, jsonb_array_elements_text(i.destinations) as destination
join aws_cloudtrail_event_data_store s on s.arn = destination`,
    },
  ],
})

async function* importsOf(
  region: string,
  identity: IdentityValues,
  scan: ImportScan,
): AsyncGenerator<readonly ImportRow[]> {
  const status = equalValue(scan.quals.import_status)
  // The SDK's type is closed; the list above decides what of it is sent.
  const asked = status !== undefined && knownStatuses.includes(status) ? (status as ImportStatus) : undefined
  const pages = lakeList(
    {
      name: 'ListImports',
      region,
      limit: scan.limit,
      async send(client, page, options) {
        const answer = await client.listImports({ ...page, ImportStatus: asked }, options)
        const imports = answer.Imports ?? []
        return { items: imports.filter((each) => hasStatus(each, status)), token: answer.NextToken }
      },
    },
    scan,
  )
  for await (const imports of pages) {
    yield imports.map((each) => ({ ...listedColumns(each), region, ...identity }))
  }
}

async function* importOf(
  id: string,
  region: string,
  identity: IdentityValues,
  scan: ImportScan,
): AsyncGenerator<readonly ImportRow[]> {
  const answer = await getImport(id, region, scan)
  if (answer?.ImportId === id) {
    yield [{ ...listedColumns(answer), ...furtherColumns(answer), region, ...identity }]
  }
}

function hasStatus(each: ImportsListItem, status: string | undefined): boolean {
  return status === undefined || each.ImportStatus === status
}

async function fetchImport(row: ImportRow, scan: ImportScan): Promise<ImportRow> {
  const { import_id: id, region } = row
  if (typeof id !== 'string' || typeof region !== 'string') return {}
  const answer = await getImport(id, region, scan)
  return answer === undefined ? {} : furtherColumns(answer)
}

/** @returns undefined when there is none, or it is gone */
async function getImport(
  ImportId: string,
  region: string,
  scan: ImportScan,
): Promise<GetImportResponse | undefined> {
  const answer = await awsCallExpecting(scan, 'GetImport', region, gone, async (abortSignal) =>
    (await scan.connection.client(cloudTrail, region)).getImport({ ImportId }, { abortSignal }),
  )
  return answer instanceof ExpectedError ? undefined : answer
}

function listedColumns(each: ImportsListItem): ImportRow {
  return {
    import_id: each.ImportId,
    created_timestamp: each.CreatedTimestamp,
    import_status: each.ImportStatus,
    updated_timestamp: each.UpdatedTimestamp,
    destinations: jsonOrNull(each.Destinations),
    title: each.ImportId,
  }
}

function furtherColumns(answer: GetImportResponse): ImportRow {
  return {
    end_event_time: answer.EndEventTime,
    start_event_time: answer.StartEventTime,
    import_source: jsonOrNull(answer.ImportSource?.S3),
    import_statistics: jsonOrNull(answer.ImportStatistics),
  }
}
