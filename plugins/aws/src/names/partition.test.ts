import { partition } from '@aws-sdk/core/client'
import { expect, test } from 'vitest'
import { partitionOf } from './partition.js'

/** One of each partition, and those whose names begin alike. */
const regions = [
  'us-east-1',
  'eu-central-1',
  'il-central-1',
  'cn-north-1',
  'cn-northwest-1',
  'eusc-de-east-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'us-isof-south-1',
  'eu-isoe-west-1',
  'xx-new-1',
]

test.for(regions)('the partition of %s is the one that the SDK knows', (region) => {
  expect(partitionOf(region)).toBe(partition(region).name)
})
