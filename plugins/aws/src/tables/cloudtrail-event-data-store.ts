/**
 * aws_cloudtrail_event_data_store: event data stores of CloudTrail Lake, by ListEventDataStores in each region.
 */
import type { GetEventDataStoreResponse } from '@aws-sdk/client-cloudtrail'
import { bigint, boolean, jsonb, text, timestamptz } from '@millrace/plugin-sdk'
import { identityColumns } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { defineTable } from '../connection/define-table.js'
import {
  getLakeResource,
  type LakeResource,
  lakeResourceDetails,
  lakeResourceKeys,
  listLakeResources,
} from '../lake/lake-resources.js'
import { callsOf } from '../services/aws-service.js'
import { cloudTrail } from '../services/cloudtrail.js'

const columns = {
  name: text('The name of the event data store.'),
  arn: text('The ARN of the event data store.'),
  status: text('The state of the event data store, such as ENABLED or PENDING_DELETION.'),
  billing_mode: text('How the event data store is paid for.'),
  federation_role_arn: text('The ARN of the role with which Lake query federation reads the events.'),
  federation_status: text('Whether Lake query federation is on.'),
  kms_key_id: text('The ARN of the KMS key that encrypts the events.'),
  created_timestamp: timestamptz('When the event data store was made.'),
  multi_region_enabled: boolean('Whether the event data store records events of all regions.'),
  organization_enabled: boolean(
    'Whether the event data store records events of all accounts of an organization.',
  ),
  retention_period: bigint('For how many days events are kept.'),
  termination_protection_enabled: boolean('Whether the event data store is protected from deletion.'),
  updated_timestamp: timestamptz('When the event data store was last changed.'),
  advanced_event_selectors: jsonb('Which events are recorded, by fields.'),
  akas: jsonb('Globally unique names of the event data store: a list of its ARN.'),
  title: text('A title for the event data store: its name.'),
  ...identityColumns,
}

const stores: LakeResource<ReturnType<typeof detailsOf>> = {
  kind: 'eventdatastore',
  listCall: 'ListEventDataStores',
  /** The list gives names and ARNs only; its other members are no longer filled. */
  async list(client, page, options) {
    const answer = await client.listEventDataStores(page, options)
    const items = (answer.EventDataStores ?? []).map(({ EventDataStoreArn: arn, Name: name }) => ({
      arn,
      name,
    }))
    return { items, token: answer.NextToken }
  },
  getCall: 'GetEventDataStore',
  async get(client, arn, options) {
    const store = await client.getEventDataStore({ EventDataStore: arn }, options)
    return { arn: store.EventDataStoreArn, name: store.Name, details: detailsOf(store) }
  },
  gone: ['EventDataStoreNotFoundException', 'UnsupportedOperationException'],
}

export const cloudtrailEventDataStore = defineTable({
  name: 'aws_cloudtrail_event_data_store',
  description: 'Event data stores of CloudTrail Lake. A condition on arn asks for that one alone.',
  columns,
  calls: callsOf(cloudTrail, stores.listCall, stores.getCall),
  keys: lakeResourceKeys,
  list: (scan) => listLakeResources(stores, scan),
  get: { arn: { list: (arn, scan) => getLakeResource(stores, arn, scan) } },
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
      fetch: (row, scan) => lakeResourceDetails(stores, row, scan),
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

function detailsOf(store: GetEventDataStoreResponse) {
  return {
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
