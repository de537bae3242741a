/**
 * Rows of CloudTrail Lake's resources that have an ARN: each region lists names and ARNs, and another call gives the
 * rest of one.
 */
import type { CloudTrail } from '@aws-sdk/client-cloudtrail'
import type { JsonText, Key, Qual, Scan } from '@millrace/plugin-sdk'
import { awsCallExpecting, type CallScan, ExpectedError } from '../calls/aws-call.js'
import type { TokenPage } from '../calls/token-pages.js'
import { type IdentityValues, identityKeys, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { cloudTrail } from '../services/cloudtrail.js'
import { type LakeResourceKind, regionOfLakeArn } from './lake-arn.js'
import { type LakeOptions, type LakePage, lakeList } from './lake-list.js'

/** Keys of every table of such resources. */
export const lakeResourceKeys = {
  arn: { operators: ['='], valuesPerCall: 1, inherent: true },
  ...identityKeys,
} as const satisfies Record<string, Key>

/** What the list gives. */
export interface LakeName {
  readonly arn: string | undefined
  readonly name: string | undefined
}

/** Columns that every table of such resources has. */
export interface LakeRow extends Partial<IdentityValues> {
  readonly name?: string | null | undefined
  readonly arn?: string | null | undefined
  readonly akas?: JsonText | null | undefined
  readonly title?: string | null | undefined
  readonly region?: string | null | undefined
}

export interface LakeResource<Details extends object> {
  readonly kind: LakeResourceKind
  readonly listCall: string
  list(client: CloudTrail, page: LakePage, options: LakeOptions): Promise<TokenPage<LakeName>>
  readonly getCall: string
  get(client: CloudTrail, arn: string, options: LakeOptions): Promise<LakeName & { details: Details }>
  /** Errors which say that there is none with the ARN, or no longer. */
  readonly gone: readonly string[]
}

interface LakeScan extends CallScan, Pick<Scan, 'leaveOut' | 'ignores'> {
  readonly connection: AwsConnection
  readonly limit: number | undefined
  readonly columns: ReadonlySet<string>
  readonly quals: {
    readonly region?: readonly Qual<string>[] | undefined
    readonly account_id?: readonly Qual<string>[] | undefined
  }
}

/** Rows of all resources, without their details. */
export async function* listLakeResources<Details extends object>(
  resource: LakeResource<Details>,
  scan: LakeScan,
): AsyncGenerator<readonly (LakeRow & Partial<Details>)[]> {
  const identity = await identityOfScan(scan, scan.quals.account_id)
  if (identity === undefined) return
  const regions = await regionsOfScan(scan, scan.quals.region)
  yield* eachRegion(regions, scan, (region) => resourcesIn(region, identity, resource, scan))
}

/** The row of the resource that has an ARN, with its details. */
export async function* getLakeResource<Details extends object>(
  resource: LakeResource<Details>,
  arn: string,
  scan: LakeScan,
): AsyncGenerator<readonly (LakeRow & Details)[]> {
  const identity = await identityOfScan(scan, scan.quals.account_id)
  if (identity === undefined) return
  const regions = await regionsOfScan(scan, scan.quals.region)
  const region = regionOfLakeArn(resource.kind, arn)
  if (region === undefined || !regions.includes(region)) return
  const found = await getResource(resource, arn, region, scan)
  if (found?.arn === arn) yield [{ ...namesOf(found), ...found.details, region, ...identity }]
}

/** The details of a row that was listed; nothing where the resource is gone meanwhile. */
export async function lakeResourceDetails<Details extends object>(
  resource: LakeResource<Details>,
  { arn, region }: LakeRow,
  scan: LakeScan,
): Promise<Partial<Details>> {
  if (typeof arn !== 'string' || typeof region !== 'string') return {}
  return (await getResource(resource, arn, region, scan))?.details ?? {}
}

async function* resourcesIn<Details extends object>(
  region: string,
  identity: IdentityValues,
  { listCall, list }: LakeResource<Details>,
  scan: LakeScan,
): AsyncGenerator<readonly (LakeRow & Partial<Details>)[]> {
  for await (const names of lakeList({ name: listCall, region, limit: scan.limit, send: list }, scan)) {
    const rows: LakeRow[] = names.map((name) => ({ ...namesOf(name), region, ...identity }))
    // Details are the columns that a row may lack.
    yield rows as (LakeRow & Partial<Details>)[]
  }
}

async function getResource<Details extends object>(
  { getCall, get, gone }: LakeResource<Details>,
  arn: string,
  region: string,
  scan: LakeScan,
): Promise<(LakeName & { readonly details: Details }) | undefined> {
  const answer = await awsCallExpecting(scan, getCall, region, gone, async (abortSignal) =>
    get(await scan.connection.client(cloudTrail, region), arn, { abortSignal }),
  )
  return answer instanceof ExpectedError ? undefined : answer
}

function namesOf({ arn, name }: LakeName): LakeRow {
  return { name, arn, akas: jsonOrNull(arn === undefined ? undefined : [arn]), title: name }
}
