/** What is in the sandbox from the start. */
import type { AccessKeys } from './aws/access-keys.js'
import { AwsAccount } from './aws/aws-account.js'
import { articleAccount } from './data/article-account.js'
import { articleEvents, ipv6Events } from './data/article-events.js'
import { fillLake } from './data/article-lake.js'
import {
  articleDelivery,
  articleLogGroup,
  articleRegion,
  articleStream,
  articleTrail,
  emptyLogGroup,
  ipv6LogGroup,
  oddLogGroup,
} from './data/article-trail.js'
import { elasticAddresses } from './data/elastic-addresses.js'
import { articleDetectors, articleFindings } from './data/findings.js'
import { flowLogEvents, flowLogGroup } from './data/flow-log-events.js'
import { articleRoles, articleUsers } from './data/iam-identities.js'
import { logGroupDetails } from './data/log-group-details.js'
import { articleInstances, articleInterfaces } from './data/machines.js'
import { oddEvents } from './data/odd-events.js'

/** The article's account, with everything that is in it from the start. */
export function articleAwsAccount(id: string, keys: AccessKeys): AwsAccount {
  const account = new AwsAccount({ id, account: articleAccount(id), now: articleDelivery, keys })
  fill(account)
  return account
}

/** An account with nothing in it. */
export function emptyAwsAccount(id: string, keys: AccessKeys): AwsAccount {
  const account = { aliases: [], organization: undefined }
  return new AwsAccount({ id, account, now: articleDelivery, keys })
}

/** Adds the article's trail and events, and besides them log groups with what the article does not have. */
function fill({ trails, logs, addresses, machines, identities, findings, history, lake }: AwsAccount): void {
  const { accountId } = trails
  trails.add(articleTrail(accountId))
  const events = articleEvents(accountId)
  logs.addEvents(articleRegion, articleLogGroup, events)
  for (const { message } of events) history.add(articleRegion, message)
  logs.addEvents(articleRegion, ipv6LogGroup, ipv6Events(accountId))
  logs.addEvents(articleRegion, oddLogGroup, oddEvents())
  logs.addEvents(articleRegion, flowLogGroup, flowLogEvents(accountId))
  logs.createGroup(articleRegion, emptyLogGroup, [articleStream(accountId)])
  for (const { name, ...details } of logGroupDetails(accountId)) {
    logs.describeGroup(articleRegion, name, details)
  }
  for (const address of elasticAddresses(accountId)) addresses.add(address)
  machines.instances.push(...articleInstances(accountId))
  machines.interfaces.push(...articleInterfaces(accountId))
  identities.users.push(...articleUsers(accountId))
  identities.roles.push(...articleRoles(accountId))
  findings.detectors.push(...articleDetectors)
  findings.findings.push(...articleFindings(accountId))
  fillLake(lake, accountId)
}
