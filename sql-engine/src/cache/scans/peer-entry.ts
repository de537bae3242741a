import { PeerRows } from '../shared/peer-rows.js'
import type { SharedScan } from '../shared/shared-scans.js'
import type { Entry } from './cache-entry.js'

/**
 * A scan that another gateway has made.
 * @param lookedAt when it was found, in milliseconds of the cache's clock
 */
export function peerEntry(scan: SharedScan, source: string, lookedAt: number): Entry {
  const { name, shape, rowCount, age, left } = scan
  const rows = new PeerRows(scan)
  return {
    shape,
    source,
    limit: undefined,
    statement: rows,
    startedAt: lookedAt - age,
    expiresAt: lookedAt + left,
    controller: new AbortController(),
    rows: (maker) => rows.open((peer) => maker.readPeer(peer)),
    unread: () => rows.close(),
    peerName: name,
    isShared: false,
    isForOthers: true,
    isGone: false,
    table: {
      name,
      qualifiedName: name,
      oid: 0,
      rowCount,
      missing: [],
      measure: async () => 0,
      release: () => {},
    },
    bytes: 0,
    leases: 0,
  }
}
