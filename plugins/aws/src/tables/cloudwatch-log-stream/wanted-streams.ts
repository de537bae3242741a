/** What conditions ask of the streams of a log group, as DescribeLogStreams takes it. */
import { equalValue, type Quals } from '@millrace/plugin-sdk'
import { longestLikePrefix } from '../../conditions/like-prefix.js'
import { isStreamName } from '../../log-groups/log-group-identifier.js'
import type { LogStreamColumns } from './columns.js'

export interface WantedStreams {
  /** The name of the one stream that is wanted. */
  readonly name: string | undefined
  /** What names must begin with. */
  readonly prefix: string | undefined
  readonly descending: boolean
  readonly orderBy: string
  /** The prefix that the API is asked with. */
  readonly logStreamNamePrefix: string | undefined
}

/** @returns undefined when no stream can fulfil the conditions */
export function wantedStreams(quals: Quals<LogStreamColumns>): WantedStreams | undefined {
  const name = equalValue(quals.name)
  const prefix = equalValue(quals.log_stream_name_prefix)
  if (name !== undefined && !(isStreamName(name) && name.startsWith(prefix ?? ''))) return undefined
  if (prefix && !isStreamName(prefix)) return undefined
  const orderBy = equalValue(quals.order_by) ?? 'LogStreamName'
  const asked = name ?? longest(prefix ?? '', longestLikePrefix(quals.name))
  return {
    name,
    prefix,
    descending: equalValue(quals.descending) ?? false,
    orderBy,
    // The API rejects a prefix in the other order; names are checked here anyway.
    logStreamNamePrefix: orderBy === 'LogStreamName' && isStreamName(asked) ? asked : undefined,
  }
}

function longest(a: string, b: string): string {
  return a.length > b.length ? a : b
}
