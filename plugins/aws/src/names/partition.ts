/** The first parts of regions' names, of the partitions that are not `aws`. */
const partitions = [
  ['cn-', 'aws-cn'],
  ['eusc-', 'aws-eusc'],
  ['us-gov-', 'aws-us-gov'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['us-iso-', 'aws-iso'],
] as const

/** The partition of a region, as ARNs name it. */
export function partitionOf(region: string): string {
  const [, name = 'aws'] = partitions.find(([start]) => region.startsWith(start)) ?? []
  return name
}
