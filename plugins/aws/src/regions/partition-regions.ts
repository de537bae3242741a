import { partitionOf } from '../names/partition.js'

/**
 * Regions that every account of a partition has, for patterns where DescribeRegions is not allowed.
 *
 * From the AWS page "AWS Regions": those that need no opt-in.
 */
const commercial = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]

/** The same of other partitions, as far as they are known. */
const others: Readonly<Record<string, readonly string[]>> = {
  'aws-us-gov': ['us-gov-east-1', 'us-gov-west-1'],
  'aws-cn': ['cn-north-1', 'cn-northwest-1'],
  'aws-iso-b': ['us-isob-east-1'],
  'aws-iso': ['us-iso-east-1', 'us-iso-west-1'],
}

/** @param region any region of the partition */
export function regionsOfPartition(region: string): readonly string[] {
  return others[partitionOf(region)] ?? commercial
}

/**
 * The region to ask about the account itself, guessed from the regions that a connection names.
 * @returns undefined where they say nothing
 */
export function guessRegion(patterns: readonly string[]): string | undefined {
  const exact = patterns.find((pattern) => !/[*?]/.test(pattern))
  if (exact !== undefined) return exact
  const first = patterns[0] ?? ''
  if (first.startsWith('us-gov')) return 'us-gov-west-1'
  if (first.startsWith('cn')) return 'cn-north-1'
  if (first.startsWith('us-isob')) return 'us-isob-east-1'
  if (first.startsWith('us-iso')) return 'us-iso-east-1'
  return undefined
}
