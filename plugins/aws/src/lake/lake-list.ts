/**
 * The list calls of CloudTrail Lake, which page alike.
 */
import type { CloudTrail } from '@aws-sdk/client-cloudtrail'
import { awsCallExpecting, type CallScan, ExpectedError } from '../calls/aws-call.js'
import { pageSize, type TokenPage, tokenPages } from '../calls/token-pages.js'
import type { AwsConnection } from '../connection/connection.js'
import { cloudTrail } from '../services/cloudtrail.js'

/** What regions without CloudTrail Lake answer: there is nothing to list. */
const unsupported = ['UnsupportedOperationException']

const mostItemsPerPage = 1000

export interface LakeList<Item> {
  /** The API's name of the call. */
  readonly name: string
  readonly region: string
  /** The number of items that are needed; undefined for all. */
  readonly limit: number | undefined
  /** Further errors which say that there is nothing to list. */
  readonly nothing?: readonly string[]
  send(client: CloudTrail, page: LakePage, options: LakeOptions): Promise<TokenPage<Item>>
}

export interface LakePage {
  readonly MaxResults: number
  readonly NextToken: string | undefined
}

export interface LakeOptions {
  readonly abortSignal: AbortSignal
}

export function lakeList<Item>(
  { name, region, limit, nothing = [], send }: LakeList<Item>,
  scan: CallScan & { readonly connection: AwsConnection },
): AsyncGenerator<readonly Item[]> {
  return tokenPages(name, limit, async (NextToken) => {
    const page = { MaxResults: pageSize(limit, mostItemsPerPage), NextToken }
    const answer = await awsCallExpecting(
      scan,
      name,
      region,
      [...unsupported, ...nothing],
      async (abortSignal) => send(await scan.connection.client(cloudTrail, region), page, { abortSignal }),
    )
    return answer instanceof ExpectedError ? { items: [], token: undefined } : answer
  })
}
