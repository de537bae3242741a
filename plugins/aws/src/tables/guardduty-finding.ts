/**
 * aws_guardduty_finding: what GuardDuty has found, by ListFindings and GetFindings for each detector of each region.
 */
import type { Finding } from '@aws-sdk/client-guardduty'
import {
  doublePrecision,
  eachRow,
  jsonb,
  knownTextOperators,
  mayFulfil,
  type Row,
  type Scan,
  text,
  timestamptz,
} from '@millrace/plugin-sdk'
import { awsCall } from '../calls/aws-call.js'
import { pageSize, tokenPages } from '../calls/token-pages.js'
import {
  type IdentityValues,
  identityColumns,
  identityKeys,
  identityOfScan,
} from '../columns/identity-columns.js'
import { isoTimeOrNull } from '../columns/iso-time.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf, callsPer } from '../services/aws-service.js'
import { guardDuty } from '../services/guardduty.js'
import { criteriaKeys, criteriaOf } from './guardduty-finding/criteria.js'

const columns = {
  name: text('The title of the finding.'),
  id: text('The identifier of the finding.'),
  arn: text('The ARN of the finding.'),
  detector_id: text('The detector that has found it.'),
  severity: doublePrecision('How severe it is: low from 1, medium from 4, high from 7, critical from 9.'),
  created_at: timestamptz('When the finding was made.'),
  confidence: doublePrecision('How sure GuardDuty is.'),
  description: text('What was found, in a sentence or two.'),
  schema_version: text("The version of the finding's format."),
  type: text('What kind of finding it is, such as Recon:EC2/PortProbeUnprotectedPort.'),
  updated_at: timestamptz('When the finding was last updated, because it was seen again.'),
  resource: jsonb('What it is about: the access key, instance or other resource, and what is known of it.'),
  service: jsonb('What was observed: the action, the remote address, how often, and whether it is archived.'),
  title: text('A title for the finding: the same as its name.'),
  akas: jsonb('Globally unique names of the finding: a list of its ARN.'),
  ...identityColumns,
}

type FindingColumns = typeof columns

type FindingScan = Scan<AwsConnection, FindingColumns>
type FindingRow = Row<FindingColumns>

const mostItemsPerPage = 50

export const guarddutyFinding = defineTable({
  name: 'aws_guardduty_finding',
  description: 'Findings of GuardDuty, archived ones too. Regions without a detector have none.',
  columns,
  calls: [
    ...callsOf(guardDuty, 'ListDetectors'),
    ...callsPer('detector', guardDuty, 'ListFindings'),
    ...callsPer('50 findings', guardDuty, 'GetFindings'),
  ],
  keys: {
    detector_id: { operators: knownTextOperators, inherent: true },
    ...criteriaKeys,
    ...identityKeys,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    yield* eachRegion(regions, scan, (region) =>
      eachRow(detectorsIn(region, scan), (detector) => findingsOf(detector, region, identity, scan)),
    )
  },
  examples: [
    {
      title: 'The most severe findings that nobody has archived',
      sql: `select title, severity, updated_at, service -> 'Count' as times
from aws_guardduty_finding
where not (service -> 'Archived')::boolean
order by severity desc, updated_at desc`,
    },
    {
      title: 'Which addresses findings name, and what they did',
      sql: `select jsonb_path_query_first(service, '$.**.IpAddressV4') #>> '{}' as address, type, title
from aws_guardduty_finding
where severity >= 2`,
    },
    {
      title: 'Findings about access keys, with their owners',
      sql: `select f.type, k.user_name, k.status
from aws_guardduty_finding f
join aws_iam_access_key k on k.access_key_id = f.resource -> 'AccessKeyDetails' ->> 'AccessKeyId'`,
    },
    {
      title: 'Findings about instances, with their names',
      sql: `select f.type, i.title, i.public_ip_address
from aws_guardduty_finding f
join aws_ec2_instance i on i.instance_id = f.resource -> 'InstanceDetails' ->> 'InstanceId'`,
    },
  ],
})

function detectorsIn(region: string, scan: FindingScan): AsyncGenerator<readonly string[]> {
  const { connection, quals } = scan
  return tokenPages('ListDetectors', undefined, async (NextToken) => {
    const answer = await awsCall(scan, 'ListDetectors', region, async (abortSignal) =>
      (await connection.client(guardDuty, region)).listDetectors(
        { MaxResults: mostItemsPerPage, NextToken },
        { abortSignal },
      ),
    )
    const detectors = answer.DetectorIds ?? []
    return { items: detectors.filter((id) => mayFulfil(quals.detector_id, id)), token: answer.NextToken }
  })
}

async function* findingsOf(
  DetectorId: string,
  region: string,
  identity: IdentityValues,
  scan: FindingScan,
): AsyncGenerator<readonly FindingRow[]> {
  const { connection, limit } = scan
  const FindingCriteria = criteriaOf(scan.quals)
  const MaxResults = pageSize(limit, mostItemsPerPage)
  const pages = tokenPages('ListFindings', limit, async (NextToken) => {
    const answer = await awsCall(scan, 'ListFindings', region, async (abortSignal) =>
      (await connection.client(guardDuty, region)).listFindings(
        { DetectorId, MaxResults, NextToken, ...(FindingCriteria === undefined ? {} : { FindingCriteria }) },
        { abortSignal },
      ),
    )
    return { items: answer.FindingIds ?? [], token: answer.NextToken }
  })
  for await (const ids of pages) {
    const { Findings = [] } = await awsCall(scan, 'GetFindings', region, async (abortSignal) =>
      (await connection.client(guardDuty, region)).getFindings(
        { DetectorId, FindingIds: [...ids] },
        { abortSignal },
      ),
    )
    yield Findings.map((finding) => rowOf(finding, DetectorId, region, identity))
  }
}

function rowOf(finding: Finding, detector: string, region: string, identity: IdentityValues): FindingRow {
  return {
    name: finding.Title,
    id: finding.Id,
    arn: finding.Arn,
    detector_id: detector,
    severity: finding.Severity,
    created_at: isoTimeOrNull(finding.CreatedAt),
    confidence: finding.Confidence,
    description: finding.Description,
    schema_version: finding.SchemaVersion,
    type: finding.Type,
    updated_at: isoTimeOrNull(finding.UpdatedAt),
    resource: jsonOrNull(finding.Resource),
    service: jsonOrNull(finding.Service),
    title: finding.Title,
    akas: jsonOrNull(finding.Arn === undefined ? undefined : [finding.Arn]),
    region,
    ...identity,
  }
}
