/** Calls to IAM, which has no regions: the connection's default region asks the partition's one. */
import type { IAM } from '@aws-sdk/client-iam'
import type { Scan } from '@millrace/plugin-sdk'
import { awsCallExpecting, type CallScan, ExpectedError } from '../calls/aws-call.js'
import { tokenPages } from '../calls/token-pages.js'
import type { AwsConnection } from '../connection/connection.js'
import { iam } from '../services/iam.js'

export interface IamScan extends CallScan {
  readonly connection: AwsConnection
}

interface CallOptions {
  readonly abortSignal: AbortSignal
}

/** Makes one call. */
export type SendOne<Answer> = (client: IAM, options: CallOptions) => Promise<Answer>

/** Makes the call for one page. */
export type SendPage<Answer> = (
  client: IAM,
  page: { readonly Marker: string | undefined },
  options: CallOptions,
) => Promise<Answer>

/** What all answers with pages have. */
export interface IamPage {
  readonly IsTruncated?: boolean | undefined
  readonly Marker?: string | undefined
}

/** There is none of that name, or no longer. */
const noSuchEntity = ['NoSuchEntity', 'NoSuchEntityException']

/** The `region` of rows that belong to no region, as in Steampipe. */
export const globalRegion = 'global'

/** @returns undefined where what is asked about does not exist */
export async function iamCall<Answer>(
  scan: IamScan,
  name: string,
  send: SendOne<Answer>,
): Promise<Answer | undefined> {
  const { connection } = scan
  const region = await connection.defaultRegion()
  const answer = await awsCallExpecting(scan, name, region, noSuchEntity, async (abortSignal) =>
    send(await connection.client(iam, region), { abortSignal }),
  )
  return answer instanceof ExpectedError ? undefined : answer
}

/**
 * Pages of a list; none where what it belongs to does not exist.
 * @param limit the number of items that are needed; undefined for all
 */
export function iamPages<Answer extends IamPage, Item>(
  scan: IamScan & Partial<Pick<Scan, 'limit'>>,
  name: string,
  send: SendPage<Answer>,
  itemsOf: (answer: Answer) => readonly Item[] | undefined,
): AsyncGenerator<readonly Item[]> {
  return tokenPages(name, scan.limit, async (Marker) => {
    const answer = await iamCall(scan, name, (client, options) => send(client, { Marker }, options))
    if (answer === undefined) return { items: [], token: undefined }
    return { items: itemsOf(answer) ?? [], token: answer.IsTruncated ? answer.Marker : undefined }
  })
}

/** All items of a list that belongs to one user or role. */
export async function iamItems<Answer extends IamPage, Item>(
  { call, signal, connection }: IamScan,
  name: string,
  send: SendPage<Answer>,
  itemsOf: (answer: Answer) => readonly Item[] | undefined,
): Promise<Item[]> {
  const items: Item[] = []
  // Without the scan's limit, which is of rows.
  for await (const page of iamPages({ call, signal, connection }, name, send, itemsOf)) items.push(...page)
  return items
}

/** Names of users and roles (CreateUser, CreateRole): others do not exist, and an empty one would mean the caller. */
export function isIamName(name: string): boolean {
  return /^[\w+=,.@-]{1,64}$/.test(name)
}

/**
 * The name in an ARN.
 * @returns undefined for what is no ARN of the kind
 */
export function nameOfArn(kind: 'user' | 'role', arn: string): string | undefined {
  const name = /^arn:aws[a-z-]*:iam::\d{12}:(user|role)\/(?:[!-~]*\/)?([^/]+)$/.exec(arn)
  return name?.[1] === kind ? name[2] : undefined
}

/** Gives the rows of an ARN, where rows are asked for by name; none for what is no ARN of the kind. */
export function byArn<AnyScan, Rows>(
  kind: 'user' | 'role',
  rowsOf: (name: string, scan: AnyScan) => AsyncIterable<Rows>,
): (arn: string, scan: AnyScan) => AsyncGenerator<Rows> {
  return async function* (arn, scan) {
    const name = nameOfArn(kind, arn)
    if (name !== undefined) yield* rowsOf(name, scan)
  }
}
