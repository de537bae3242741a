/** Buckets and their objects. An object may be made when it is asked for, so that many of them take no memory. */
import { createHash } from 'node:crypto'
import { isDirectoryBucket } from './directory-bucket.js'
import type { ObjectContent } from './object-content.js'

/** Why an object, or a whole bucket, is not given out, in AWS's words. */
export interface ObjectRefusal {
  readonly code: string
  readonly message: string
  readonly status: number
}

/** What else is known of an object; members are named as in the API. */
export interface ObjectDetails {
  /** The time in epoch milliseconds; S3 keeps whole seconds. */
  readonly lastModified: number
  readonly storageClass?: string
  readonly contentType?: string
  readonly contentEncoding?: string
  /** The user's own, by names without `x-amz-meta-`. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly kmsKeyId?: string
  readonly versionId?: string
  /** What GetObject and HeadObject answer instead, such as for want of a permission on the KMS key. */
  readonly refusal?: ObjectRefusal
}

export interface StoredObject extends ObjectDetails {
  readonly key: string
  readonly content: ObjectContent
  /** With its quotation marks. */
  readonly etag: string
}

export interface BucketDetails {
  readonly name: string
  readonly region: string
  readonly ownerId: string
  /** Other accounts that may read it. */
  readonly readers?: readonly string[]
  readonly isRequesterPays?: boolean
}

export class Bucket implements BucketDetails {
  readonly name: string
  readonly region: string
  readonly ownerId: string
  readonly readers: readonly string[]
  readonly isRequesterPays: boolean
  /** The most keys of a list's page. S3 may return fewer than a request allows. */
  mostKeysPerPage = 1000
  readonly #objects = new Map<string, StoredObject>()
  #sorted: readonly StoredObject[] | undefined

  constructor({ name, region, ownerId, readers = [], isRequesterPays = false }: BucketDetails) {
    this.name = name
    this.region = region
    this.ownerId = ownerId
    this.readers = readers
    this.isRequesterPays = isRequesterPays
  }

  put(key: string, content: ObjectContent | Buffer, details: ObjectDetails): void {
    const etag = `"${hashOf(Buffer.isBuffer(content) ? content : key)}"`
    const readable = Buffer.isBuffer(content) ? wholeContent(content) : content
    this.#objects.set(key, { ...details, key, content: readable, etag })
    this.#sorted = undefined
  }

  delete(key: string): boolean {
    this.#sorted = undefined
    return this.#objects.delete(key)
  }

  object(key: string): StoredObject | undefined {
    return this.#objects.get(key)
  }

  get isDirectory(): boolean {
    return isDirectoryBucket(this.name)
  }

  /**
   * All objects, in the order in which S3 lists them: by the UTF-8 bytes of their keys. That of directory buckets is none that
   * a client could know.
   */
  get objects(): readonly StoredObject[] {
    const placeOf = ({ key }: StoredObject) => (this.isDirectory ? hashOf(key) : key)
    this.#sorted ??= [...this.#objects.values()].sort((a, b) => compareKeys(placeOf(a), placeOf(b)))
    return this.#sorted
  }
}

/** Compares keys by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function hashOf(content: Buffer | string): string {
  return createHash('md5').update(content).digest('hex')
}

function wholeContent(bytes: Buffer): ObjectContent {
  return { size: () => bytes.length, read: (start, end) => bytes.subarray(start, end) }
}

/** The buckets of all accounts: their names are unique in all of AWS. */
export class BucketStore {
  readonly #buckets = new Map<string, Bucket>()

  add(details: BucketDetails): Bucket {
    const bucket = new Bucket(details)
    this.#buckets.set(details.name, bucket)
    return bucket
  }

  get(name: string): Bucket | undefined {
    return this.#buckets.get(name)
  }
}
