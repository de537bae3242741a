/**
 * Finds the folders of log files in a bucket: prefixes, organizations, accounts and regions, as far as the conditions leave
 * them, by lists of common prefixes.
 */
import { eachRow, mayFulfil, type Qual } from '@millrace/plugin-sdk'
import { isDirectoryBucket } from '../names/buckets.js'
import { commonPrefixes, type S3Scan } from '../s3/object-pages.js'
import { type LogFolder, logFolders } from './log-file-key.js'

export interface BucketPlace {
  readonly bucket: string
  readonly region: string
}

export interface FolderQuals {
  readonly log_account_id?: readonly Qual<string>[] | undefined
  readonly log_region?: readonly Qual<string>[] | undefined
}

const root = 'AWSLogs/'

/**
 * The folders, as they are found.
 * @param prefixes what stands before `AWSLogs`; undefined for whatever does
 */
export async function* logFolderBatches(
  scan: S3Scan,
  place: BucketPlace,
  prefixes: readonly string[] | undefined,
  quals: FolderQuals,
): AsyncGenerator<readonly LogFolder[], void, void> {
  const { list, expect } = expectedLists((prefix) => commonPrefixes(scan, place, prefix, '/'))

  async function* roots(): AsyncGenerator<readonly string[]> {
    if (prefixes !== undefined) yield prefixes.map((prefix) => `${prefix === '' ? '' : `${prefix}/`}${root}`)
    else {
      expect(root)
      yield* rootsBeneath('')
    }
  }
  /**
   * A delimiter of several characters finds every prefix in one list, however deep it is. A directory bucket takes none: there,
   * folder by folder is looked into.
   */
  const delimiter = isDirectoryBucket(place.bucket) ? '/' : root
  async function* rootsBeneath(prefix: string): AsyncGenerator<readonly string[]> {
    for (const found of await commonPrefixes(scan, place, prefix, delimiter)) {
      if (found === root || found.endsWith(`/${root}`)) yield [found]
      // The folder's own name only ends so.
      else yield* rootsBeneath(found)
    }
  }
  async function* accountsBeneath(folder: string): AsyncGenerator<readonly string[]> {
    const children = await list(folder)
    yield children.filter((child) => {
      const name = lastName(child)
      return /^\d+$/.test(name) && mayFulfil(quals.log_account_id, name)
    })
    for (const child of children) {
      const name = lastName(child)
      if (/^o-[a-z0-9-]+$/.test(name)) yield* accountsBeneath(child)
      // A trail's prefix may itself begin with `AWSLogs`.
      else if (prefixes === undefined && child === `${folder}${root}`) yield* accountsBeneath(child)
      else if (prefixes === undefined && !/^\d+$/.test(name)) {
        for await (const found of rootsBeneath(child)) for (const one of found) yield* accountsBeneath(one)
      }
    }
  }
  async function* foldersOf(account: string): AsyncGenerator<readonly LogFolder[]> {
    expect(`${account}CloudTrail/`)
    const kinds = (await list(`${account}CloudTrail`)).filter((folder) => logFolders.has(lastName(folder)))
    for (const kind of kinds) {
      const regions = (await list(kind)).filter((region) => mayFulfil(quals.log_region, lastName(region)))
      yield regions.map((path) => ({
        path,
        kind: lastName(kind),
        accountId: lastName(account),
        region: lastName(path),
      }))
    }
  }
  yield* eachRow(eachRow(roots(), accountsBeneath), foldersOf)
}

/**
 * Lists that may begin before it is known that they are needed: of folders that are nearly always there, so that a scan waits
 * for fewer lists one after the other.
 */
function expectedLists(list: (prefix: string) => Promise<readonly string[]>) {
  const expected = new Map<string, Promise<readonly string[]>>()
  return {
    list: (prefix: string) => expected.get(prefix) ?? list(prefix),
    expect(prefix: string) {
      const found = list(prefix)
      // An error counts for whoever needs the list: there may be no such folder, or no permission for it.
      found.catch(() => undefined)
      expected.set(prefix, found)
    },
  }
}

/** The last name of a path that ends with a slash. */
function lastName(path: string): string {
  return path.split('/').at(-2) ?? ''
}
