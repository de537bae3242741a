/** What stands in the sandbox from the start. */
import type { AddressStore } from './aws/address-store.js'
import type { EventHistory } from './aws/event-history.js'
import type { LakeStore } from './aws/lake-store.js'
import type { LogStore } from './aws/log-store.js'
import type { TrailStore } from './aws/trail-store.js'
import { articleEvents, ipv6Events } from './data/article-events.js'
import { fillLake } from './data/article-lake.js'
import {
  articleLogGroup,
  articleRegion,
  articleStream,
  articleTrail,
  emptyLogGroup,
  ipv6LogGroup,
  oddLogGroup,
} from './data/article-trail.js'
import { elasticAddresses } from './data/elastic-addresses.js'
import { logGroupDetails } from './data/log-group-details.js'
import { oddEvents } from './data/odd-events.js'

export interface Stores {
  readonly trails: TrailStore
  readonly logs: LogStore
  readonly addresses: AddressStore
  readonly history: EventHistory
  readonly lake: LakeStore
}

/** The article's trail and events; beside them log groups with what the article does not have. */
export function fill({ trails, logs, addresses, history, lake }: Stores): void {
  const { accountId } = trails
  trails.add(articleTrail(accountId))
  const events = articleEvents(accountId)
  logs.addEvents(articleRegion, articleLogGroup, events)
  for (const { message } of events) history.add(articleRegion, message)
  logs.addEvents(articleRegion, ipv6LogGroup, ipv6Events(accountId))
  logs.addEvents(articleRegion, oddLogGroup, oddEvents())
  logs.createGroup(articleRegion, emptyLogGroup, [articleStream(accountId)])
  for (const { name, ...details } of logGroupDetails(accountId)) {
    logs.describeGroup(articleRegion, name, details)
  }
  for (const address of elasticAddresses(accountId)) addresses.add(address)
  fillLake(lake, accountId)
}
