/** A trail's bucket with any number of generated events, each object made when it is asked for. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Random } from '../random.js'
import type { BucketStore } from '../s3/bucket-store.js'
import { fileContent, MadeContents } from '../s3/object-content.js'
import { uniqueString } from './article-bucket.js'
import { articleRegion } from './article-trail.js'
import { type GenerateOptions, generateEvents } from './generated-events.js'
import { logFile, logFileDetails, logFileKey, type TrailPlace } from './trail-objects.js'

export interface GenerateTrailOptions extends Omit<GenerateOptions, 'streams'>, Partial<TrailPlace> {
  readonly bucket: string
  /** Where the bucket is; it is made unless it is there. */
  readonly bucketRegion?: string
  readonly accountId: string
  /** How many objects the events are divided into. */
  readonly objects: number
  /** How long after its last event an object is delivered, in milliseconds. */
  readonly delay?: number
}

/** An object to be made. */
export interface GeneratedObject {
  readonly key: string
  readonly deliveredAt: number
  make(): Buffer
}

/** The objects of a generated trail. Equal options give equal objects. */
export function* trailObjects(options: GenerateTrailOptions): Generator<GeneratedObject> {
  const { region = articleRegion, count, objects, delay = 30_000, seed = 1 } = options
  const source = generateEvents({ ...options, region })
  const random = new Random(seed ^ 0x5e3)
  const place = { ...options, region }
  for (let index = 0; index < objects; index++) {
    const start = Math.floor((index * count) / objects)
    const end = Math.floor(((index + 1) * count) / objects)
    if (start === end) continue
    const deliveredAt = source.timestampAt(end - 1) + delay
    yield {
      key: logFileKey(place, deliveredAt, uniqueString(random)),
      deliveredAt,
      make: () =>
        logFile(Array.from({ length: end - start }, (_, event) => source.eventAt(start + event).message)),
    }
  }
}

const contents = new MadeContents()

/** @returns the keys, in the order of their times */
export function generateTrailInto(buckets: BucketStore, options: GenerateTrailOptions): readonly string[] {
  const bucket = openBucket(buckets, options)
  return [...trailObjects(options)].map(({ key, deliveredAt, make }) => {
    bucket.put(key, contents.content(make), { ...logFileDetails, lastModified: deliveredAt })
    return key
  })
}

/**
 * Writes the objects into a folder, each under its key, and puts them into the bucket from there: for large trails, which
 * other programs may then read too.
 */
export async function generateTrailFiles(
  buckets: BucketStore,
  options: GenerateTrailOptions,
  folder: string,
): Promise<readonly string[]> {
  const bucket = openBucket(buckets, options)
  const keys: string[] = []
  for (const { key, deliveredAt, make } of trailObjects(options)) {
    const path = join(folder, key)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, make())
    bucket.put(key, fileContent(path), { ...logFileDetails, lastModified: deliveredAt })
    keys.push(key)
  }
  return keys
}

function openBucket(buckets: BucketStore, options: GenerateTrailOptions) {
  const { bucket: name, bucketRegion: region = articleRegion, accountId: ownerId } = options
  return buckets.get(name) ?? buckets.add({ name, region, ownerId })
}
