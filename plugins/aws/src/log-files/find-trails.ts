/** Where trails deliver, by their ARN or name. */
import type { Trail } from '@aws-sdk/client-cloudtrail'
import { ApiError } from '@millrace/plugin-sdk'
import { awsCall, awsCallExpecting, ExpectedError } from '../calls/aws-call.js'
import { Once } from '../calls/once.js'
import type { AwsConnection } from '../connection/connection.js'
import type { S3Scan } from '../s3/object-pages.js'
import { cloudTrail } from '../services/cloudtrail.js'

/** A place that a trail delivers to. */
export interface TrailPlace {
  readonly bucket: string
  /** What stands before `AWSLogs`; empty for nothing. */
  readonly prefix: string
}

const badArn = ['CloudTrailARNInvalidException', 'InvalidTrailNameException']

/** How long a trail's place is remembered, in milliseconds: the log files of a statement are asked for one by one. */
const memoryOfPlaces = 60_000

interface RememberedPlaces {
  readonly places: Once<readonly TrailPlace[]>
  readonly since: number
}

const remembered = new WeakMap<AwsConnection, Map<string, RememberedPlaces>>()

/** The places of the trail with an ARN, or of those with a name. @throws ApiError where there is none */
export function placesOfTrail(trail: { readonly arn: string } | { readonly name: string }, scan: S3Scan) {
  const ofConnection = remembered.get(scan.connection) ?? new Map<string, RememberedPlaces>()
  remembered.set(scan.connection, ofConnection)
  const now = performance.now()
  for (const [key, { since }] of ofConnection) if (since < now - memoryOfPlaces) ofConnection.delete(key)
  const key = JSON.stringify(trail)
  const known = ofConnection.get(key) ?? { places: new Once(), since: now }
  ofConnection.set(key, known)
  return known.places.get(scan.signal, () =>
    'arn' in trail ? placesOfTrailArn(trail.arn, scan) : placesOfTrailName(trail.name, scan),
  )
}

/**
 * The place of the trail with an ARN, which may be in any region, and of another account whose organization it records.
 * @throws ApiError where there is none
 */
async function placesOfTrailArn(arn: string, scan: S3Scan): Promise<readonly TrailPlace[]> {
  const [, region] = /^arn:[a-z-]+:cloudtrail:([a-z0-9-]+):\d+:trail\/./.exec(arn) ?? []
  if (region === undefined) throw noSuchTrail(`"${arn}" is not the ARN of a trail`)
  const answer = await awsCallExpecting(scan, 'DescribeTrails', region, badArn, async (abortSignal) =>
    (await scan.connection.client(cloudTrail, region)).describeTrails(
      { trailNameList: [arn] },
      { abortSignal },
    ),
  )
  if (answer instanceof ExpectedError) throw noSuchTrail(`"${arn}" is not the ARN of a trail`, answer)
  const places = placesOf(answer.trailList ?? [])
  if (places.length === 0) throw noSuchTrail(`there is no trail "${arn}"`)
  return places
}

/**
 * The places of the trails with a name, in all regions of the connection. A trail that is shown in several of them is one.
 * @throws ApiError where there is none
 */
async function placesOfTrailName(name: string, scan: S3Scan): Promise<readonly TrailPlace[]> {
  const regions = await scan.connection.regions(scan)
  const lists = await Promise.all(
    regions.map((region) =>
      awsCall(scan, 'DescribeTrails', region, async (abortSignal) =>
        (await scan.connection.client(cloudTrail, region)).describeTrails({}, { abortSignal }),
      ),
    ),
  )
  const trails = lists.flatMap(({ trailList = [] }) => trailList.filter((trail) => trail.Name === name))
  const places = placesOf(trails)
  if (places.length > 0) return places
  throw noSuchTrail(`there is no trail "${name}" in ${regions.join(', ')}`)
}

/** The distinct places: trails that deliver to the same one cannot be told apart there. */
function placesOf(trails: readonly Trail[]): readonly TrailPlace[] {
  const places = new Map<string, TrailPlace>()
  for (const { S3BucketName: bucket, S3KeyPrefix: prefix = '' } of trails) {
    if (bucket !== undefined) places.set(JSON.stringify([bucket, prefix]), { bucket, prefix })
  }
  return [...places.values()]
}

function noSuchTrail(message: string, said?: ExpectedError): ApiError {
  return new ApiError(`DescribeTrails: ${message}`, {
    ...(said === undefined ? {} : { detail: `${said.code}: ${said.message}` }),
    hint:
      'Check it against the columns arn and name of aws_cloudtrail_trail, and the setting regions of the connection; or name ' +
      'the bucket.',
  })
}
