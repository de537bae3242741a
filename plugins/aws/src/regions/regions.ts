/**
 * Which regions a scan asks.
 */
import type { EC2 } from '@aws-sdk/client-ec2'
import { ApiError, mayFulfil, type Qual } from '@millrace/plugin-sdk'
import { awsCallExpecting, type CallScan, ExpectedError } from '../calls/aws-call.js'
import { regionsOfPartition } from './partition-regions.js'

export interface RegionSource {
  readonly scan: CallScan
  /** The region where DescribeRegions is asked. */
  readonly region: string
  client(): Promise<EC2>
}

const notAllowed = ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']

/**
 * Resolves the names and patterns of the settings to regions. Names stand as they are; patterns take those that the
 * account has enabled (EC2 DescribeRegions), or the partition's standard ones where that call is not allowed.
 */
export async function resolveRegions(
  patterns: readonly string[],
  source: RegionSource,
): Promise<readonly string[]> {
  const exact = patterns.filter((pattern) => !isWildcard(pattern))
  const wildcards = patterns.filter(isWildcard)
  if (wildcards.length === 0) return [...new Set(exact)]
  const enabled = await enabledRegions(source)
  const tests = wildcards.map(wildcardTest)
  const matching = enabled.filter((region) => tests.some((test) => test.test(region)))
  const regions = [...new Set([...exact, ...matching])]
  if (regions.length > 0) return regions
  throw new ApiError(`no enabled region matches ${wildcards.join(', ')}`, {
    detail: `Enabled are: ${[...enabled].sort().join(', ')}.`,
    hint: 'Change the setting regions of this connection.',
  })
}

/** What knows a connection's regions. */
interface RegionList {
  regions(scan: CallScan): Promise<readonly string[]>
}

/** The connection's regions, less those that the scan's conditions on `region` exclude. */
export async function regionsOfScan(
  scan: CallScan & { readonly connection: RegionList },
  quals: readonly Qual<string>[] | undefined,
): Promise<readonly string[]> {
  return (await scan.connection.regions(scan)).filter((region) => mayFulfil(quals, region))
}

async function enabledRegions({ scan, region, client }: RegionSource): Promise<readonly string[]> {
  const answer = await awsCallExpecting(scan, 'DescribeRegions', region, notAllowed, async (abortSignal) =>
    (await client()).describeRegions({ AllRegions: true }, { abortSignal }),
  )
  if (answer instanceof ExpectedError) return regionsOfPartition(region)
  return (answer.Regions ?? []).flatMap(({ RegionName, OptInStatus }) =>
    RegionName === undefined || OptInStatus === 'not-opted-in' ? [] : [RegionName],
  )
}

function isWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern)
}

/** Tests a name against a pattern. The settings allow no other characters with a meaning in a regular expression. */
function wildcardTest(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}
