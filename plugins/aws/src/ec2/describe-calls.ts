/** EC2's Describe calls: page by page, in each region that a scan is about. */
import type { EC2, Filter } from '@aws-sdk/client-ec2'
import type { Qual, Scan } from '@millrace/plugin-sdk'
import { awsCall, awsCallExpecting, type CallScan, ExpectedError } from '../calls/aws-call.js'
import { type TokenPage, tokenPages } from '../calls/token-pages.js'
import type { AwsConnection } from '../connection/connection.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { ec2 } from '../services/ec2.js'

export interface Ec2Scan extends CallScan {
  readonly connection: AwsConnection
}

/** A scan of a table whose rows are of regions. */
interface RegionalScan extends Ec2Scan, Pick<Scan, 'limit' | 'leaveOut' | 'ignores'> {
  readonly quals: { readonly region?: readonly Qual<string>[] | undefined }
}

export interface DescribeInput {
  readonly Filters?: Filter[]
  readonly MaxResults: number
  readonly NextToken: string | undefined
}

interface CallOptions {
  readonly abortSignal: AbortSignal
}

export interface Description<Item> {
  /** The API's name of the call. */
  readonly name: string
  readonly filters: Filter[]
  send(client: EC2, input: DescribeInput, options: CallOptions): Promise<TokenPage<Item>>
}

const [fewestPerPage, mostPerPage] = [5, 1000]

/** What the call gives in each of the scan's regions, as rows. */
export async function* describeRegions<Item, AnyRow>(
  description: Description<Item>,
  scan: RegionalScan,
  rowOf: (item: Item, region: string) => AnyRow,
): AsyncGenerator<readonly AnyRow[]> {
  const regions = await regionsOfScan(scan, scan.quals.region)
  yield* eachRegion(regions, scan, async function* (region) {
    for await (const items of describePages(description, region, scan)) {
      yield items.map((item) => rowOf(item, region))
    }
  })
}

function describePages<Item>(
  { name, filters, send }: Description<Item>,
  region: string,
  scan: RegionalScan,
): AsyncGenerator<readonly Item[]> {
  const { limit } = scan
  const asked = {
    ...(filters.length > 0 ? { Filters: filters } : {}),
    MaxResults: Math.max(fewestPerPage, Math.min(limit ?? mostPerPage, mostPerPage)),
  }
  return tokenPages(name, limit, (NextToken) =>
    awsCall(scan, name, region, async (abortSignal) =>
      send(await scan.connection.client(ec2, region), { ...asked, NextToken }, { abortSignal }),
    ),
  )
}

/**
 * A call about one resource.
 * @param gone the codes of errors which say that it is not there any more, or has no such thing
 * @returns undefined for those
 */
export async function describeOne<Answer>(
  scan: Ec2Scan,
  name: string,
  region: string,
  gone: readonly string[],
  send: (client: EC2, options: CallOptions) => Promise<Answer>,
): Promise<Answer | undefined> {
  const answer = await awsCallExpecting(scan, name, region, gone, async (abortSignal) =>
    send(await scan.connection.client(ec2, region), { abortSignal }),
  )
  return answer instanceof ExpectedError ? undefined : answer
}
