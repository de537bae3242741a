/** Where trails deliver, by their ARN or name. */
import type { Trail } from '@aws-sdk/client-cloudtrail'
import { ApiError } from '@millrace/plugin-sdk'
import { awsCall, awsCallExpecting, ExpectedError } from '../calls/aws-call.js'
import type { S3Scan } from '../s3/object-pages.js'
import { cloudTrail } from '../services/cloudtrail.js'

/** A place that a trail delivers to. */
export interface TrailPlace {
  readonly bucket: string
  /** What stands before `AWSLogs`; empty for nothing. */
  readonly prefix: string
}

const badArn = ['CloudTrailARNInvalidException', 'InvalidTrailNameException']

/**
 * The place of the trail with an ARN, which may be in any region, and of another account whose organization it records.
 * @throws ApiError where there is none
 */
export async function placeOfTrailArn(arn: string, scan: S3Scan): Promise<TrailPlace> {
  const [, region] = /^arn:[a-z-]+:cloudtrail:([a-z0-9-]+):\d+:trail\/./.exec(arn) ?? []
  if (region === undefined) throw noSuchTrail(`"${arn}" is not the ARN of a trail`)
  const answer = await awsCallExpecting(scan, 'DescribeTrails', region, badArn, async (abortSignal) =>
    (await scan.connection.client(cloudTrail, region)).describeTrails(
      { trailNameList: [arn] },
      { abortSignal },
    ),
  )
  if (answer instanceof ExpectedError) throw noSuchTrail(`"${arn}" is not the ARN of a trail`, answer)
  const [place] = placesOf(answer.trailList ?? [])
  if (place === undefined) throw noSuchTrail(`there is no trail "${arn}"`)
  return place
}

/**
 * The places of the trails with a name, in all regions of the connection. A trail that is shown in several of them is one.
 * @throws ApiError where there is none
 */
export async function placesOfTrailName(name: string, scan: S3Scan): Promise<readonly TrailPlace[]> {
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
