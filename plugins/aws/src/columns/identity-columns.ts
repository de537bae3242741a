/**
 * Columns that every AWS table has, about the account that was asked.
 */
import { type Key, knownTextOperators, mayFulfil, type Qual, text } from '@millrace/plugin-sdk'
import type { CallScan } from '../calls/aws-call.js'
import type { AwsConnection } from '../connection/connection.js'

export const identityColumns = {
  partition: text('The partition of AWS that was asked, such as aws, aws-us-gov or aws-cn.'),
  region: text('The region that was asked.'),
  account_id: text('The number of the account whose credentials were used.'),
}

/** The key for conditions on `account_id`, which {@link identityOfScan} evaluates. */
export const accountKey = {
  operators: knownTextOperators,
  exact: ['=', '<>'],
  inherent: true,
} as const satisfies Key

/** Keys of every table that is asked region by region. `region` is for {@link regionsOfScan}. */
export const identityKeys = { region: accountKey, account_id: accountKey } as const satisfies Record<
  string,
  Key
>

export interface IdentityScan extends CallScan {
  readonly connection: AwsConnection
  readonly columns: ReadonlySet<string>
}

export interface IdentityValues {
  readonly partition: string | null
  readonly account_id: string | null
}

/**
 * Values of `partition` and `account_id`; asks for them only when the query names one of them.
 * @param madeOfThem the table's other columns that need them, such as ARNs that it composes
 * @returns undefined when the query wants only rows of other accounts
 */
export async function identityOfScan(
  scan: IdentityScan,
  accountQuals: readonly Qual<string>[] | undefined,
  madeOfThem: readonly string[] = [],
): Promise<IdentityValues | undefined> {
  const columns = ['partition', 'account_id', ...madeOfThem]
  if ((accountQuals ?? []).length === 0 && !columns.some((column) => scan.columns.has(column))) {
    return { partition: null, account_id: null }
  }
  const { partition, accountId } = await scan.connection.callerIdentity(scan)
  if (!mayFulfil(accountQuals, accountId)) return undefined
  return { partition, account_id: accountId }
}
