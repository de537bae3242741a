/** Pages of EC2's Describe calls in one region. */
import type { EC2, Filter } from '@aws-sdk/client-ec2'
import { awsCall, awsCallExpecting, type CallScan, ExpectedError } from '../calls/aws-call.js'
import { type TokenPage, tokenPages } from '../calls/token-pages.js'
import type { AwsConnection } from '../connection/connection.js'
import { ec2 } from '../services/ec2.js'

export interface Ec2Scan extends CallScan {
  readonly connection: AwsConnection
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
  readonly region: string
  readonly filters: Filter[]
  send(client: EC2, input: DescribeInput, options: CallOptions): Promise<TokenPage<Item>>
}

const [fewestPerPage, mostPerPage] = [5, 1000]

/** @param limit of the scan: the number of items that are needed */
export function describePages<Item>(
  { name, region, filters, send }: Description<Item>,
  limit: number | undefined,
  scan: Ec2Scan,
): AsyncGenerator<readonly Item[]> {
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
