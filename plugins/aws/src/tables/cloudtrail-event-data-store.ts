/**
 * aws_cloudtrail_event_data_store: event data stores of CloudTrail Lake, by ListEventDataStores in each region.
 */
import {
  GetEventDataStoreCommand,
  type GetEventDataStoreResponse,
  ListEventDataStoresCommand,
} from '@aws-sdk/client-cloudtrail'
import type { Row } from '@millrace/plugin-sdk/column'
import { merge } from '@millrace/plugin-sdk/merge'
import { equalValue } from '@millrace/plugin-sdk/qual'
import type { Scan } from '@millrace/plugin-sdk/table'
import { awsCallExpecting, ExpectedError } from '../aws-call.js'
import type { AwsConnection } from '../connection.js'
import { defineTable } from '../define-table.js'
import { type IdentityValues, identityOfScan } from '../identity-columns.js'
import { jsonOrNull } from '../json-value.js'
import { regionOfLakeArn } from '../lake/lake-arn.js'
import { lakeList } from '../lake/lake-list.js'
import { regionsOfScan } from '../regions.js'
import { columns, type EventDataStoreColumns } from './cloudtrail-event-data-store/columns.js'

type StoreScan = Scan<AwsConnection, EventDataStoreColumns>
type StoreRow = Row<EventDataStoreColumns>

const gone = ['EventDataStoreNotFoundException', 'UnsupportedOperationException']

export const cloudtrailEventDataStore = defineTable({
  name: 'aws_cloudtrail_event_data_store',
  description: 'Event data stores of CloudTrail Lake. A condition on arn asks for that one alone.',
  columns,
  keys: {
    arn: { operators: ['='], valuesPerCall: 1, inherent: true },
    region: { operators: ['='], inherent: true },
    account_id: { operators: ['='], inherent: true },
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    const arn = equalValue(scan.quals.arn)
    if (arn === undefined) {
      yield* merge(regions.map((region) => storesOf(region, identity, scan)))
      return
    }
    const region = regionOfLakeArn('eventdatastore', arn)
    if (region === undefined || !regions.includes(region)) return
    const row = await getStore(arn, region, scan)
    if (row.arn === arn) yield [{ ...row, region, ...identity }]
  },
  hydrate: {
    store: {
      columns: [
        'status',
        'billing_mode',
        'federation_role_arn',
        'federation_status',
        'kms_key_id',
        'created_timestamp',
        'multi_region_enabled',
        'organization_enabled',
        'retention_period',
        'termination_protection_enabled',
        'updated_timestamp',
        'advanced_event_selectors',
      ],
      fetch: fetchStore,
    },
  },
  examples: [
    {
      title: 'Event data stores, and for how long they keep events',
      sql: 'select name, region, status, retention_period from aws_cloudtrail_event_data_store',
    },
    {
      title: 'Event data stores that could be deleted by mistake',
      sql: `select name, arn
from aws_cloudtrail_event_data_store
where status = 'ENABLED' and not termination_protection_enabled`,
    },
    {
      title: 'Which events are recorded',
      sql: `select name, selector ->> 'Name' as selector, field ->> 'Field' as field, field -> 'Equals' as equals
from aws_cloudtrail_event_data_store,
  jsonb_array_elements(advanced_event_selectors) as selector,
  jsonb_array_elements(selector -> 'FieldSelectors') as field`,
    },
  ],
})

/** The list tells names and ARNs only; its other members are no longer given. */
async function* storesOf(
  region: string,
  identity: IdentityValues,
  scan: StoreScan,
): AsyncGenerator<readonly StoreRow[]> {
  const pages = lakeList(
    {
      name: 'ListEventDataStores',
      region,
      limit: scan.limit,
      async send(client, page, options) {
        const answer = await client.send(new ListEventDataStoresCommand(page), options)
        return { items: answer.EventDataStores ?? [], token: answer.NextToken }
      },
    },
    scan,
  )
  for await (const stores of pages) {
    yield stores.map(({ EventDataStoreArn, Name }) => ({
      ...namesOf(EventDataStoreArn, Name),
      region,
      ...identity,
    }))
  }
}

async function fetchStore(row: StoreRow, scan: StoreScan): Promise<StoreRow> {
  const { arn, region, status } = row
  // A row that was asked for by its ARN has everything.
  if (status !== undefined || typeof arn !== 'string' || typeof region !== 'string') return {}
  return getStore(arn, region, scan)
}

/** @returns an empty row when there is none, or no longer */
async function getStore(arn: string, region: string, scan: StoreScan): Promise<StoreRow> {
  const command = new GetEventDataStoreCommand({ EventDataStore: arn })
  const answer = await awsCallExpecting(scan, 'GetEventDataStore', region, gone, (abortSignal) =>
    scan.connection.cloudTrail(region).send(command, { abortSignal }),
  )
  return answer instanceof ExpectedError ? {} : rowOf(answer)
}

function rowOf(store: GetEventDataStoreResponse): StoreRow {
  return {
    ...namesOf(store.EventDataStoreArn, store.Name),
    status: store.Status,
    billing_mode: store.BillingMode,
    federation_role_arn: store.FederationRoleArn,
    federation_status: store.FederationStatus,
    kms_key_id: store.KmsKeyId,
    created_timestamp: store.CreatedTimestamp,
    multi_region_enabled: store.MultiRegionEnabled,
    organization_enabled: store.OrganizationEnabled,
    retention_period: store.RetentionPeriod,
    termination_protection_enabled: store.TerminationProtectionEnabled,
    updated_timestamp: store.UpdatedTimestamp,
    advanced_event_selectors: jsonOrNull(store.AdvancedEventSelectors),
  }
}

function namesOf(arn: string | undefined, name: string | undefined): StoreRow {
  return { name, arn, akas: jsonOrNull(arn === undefined ? undefined : [arn]), title: name }
}
