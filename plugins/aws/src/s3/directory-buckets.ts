/**
 * Directory buckets, those of S3 Express One Zone. Their lists are in no order, take prefixes only that end in a slash and no
 * other delimiter, and begin at no key: Amazon S3 API Reference, "ListObjectsV2".
 */
import type { ObjectPage, ObjectQuery } from './object-pages.js'

/** What may be asked of a directory bucket so that all that a query means is among the answers. */
export function widerQuery({
  Prefix: prefix = '',
  StartAfter,
  MaxKeys,
  ...others
}: ObjectQuery): ObjectQuery {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  // Of the first few keys, none may be meant.
  const most = folder === prefix && StartAfter === undefined ? { MaxKeys } : {}
  return { ...others, ...most, ...(folder === '' ? {} : { Prefix: folder }) }
}

/** The part of an answer to {@link widerQuery} that the query means. */
export function meantBy(
  { Prefix: prefix = '', StartAfter: after = '' }: ObjectQuery,
  page: ObjectPage,
): ObjectPage {
  const isMeant = (key: string) => key.startsWith(prefix) && (after === '' || isAfter(key, after))
  return {
    ...page,
    objects: page.objects.filter(({ Key = '' }) => isMeant(Key)),
    prefixes: page.prefixes.filter(isMeant),
  }
}

/** S3 compares keys by their UTF-8 bytes. */
function isAfter(key: string, start: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(start)) > 0
}
