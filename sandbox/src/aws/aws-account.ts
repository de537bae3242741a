/** One AWS account of the sandbox: what is in it, and the services that tell of it. */
import { fill, type Stores } from '../contents.js'
import { articleAccount } from '../data/article-account.js'
import { articleDelivery } from '../data/article-trail.js'
import type { AccessKeys } from './access-keys.js'
import type { Account } from './account.js'
import { AddressStore } from './address-store.js'
import type { AwsService } from './aws-service.js'
import { cloudtrailService } from './cloudtrail.js'
import { ec2Service } from './ec2.js'
import { EventHistory } from './event-history.js'
import { FilterLogEvents, type PagingSettings } from './filter-log-events.js'
import { iamService } from './iam.js'
import { LakeStore } from './lake-store.js'
import { LogStore } from './log-store.js'
import { logsService } from './logs.js'
import { organizationsService } from './organizations.js'
import { stsService } from './sts.js'
import { TrailStore } from './trail-store.js'

export interface AwsAccount extends Stores {
  readonly id: string
  /** What IAM and Organizations tell; may be changed at any time. */
  readonly account: Account
  /** How FilterLogEvents makes its pages; may be changed at any time. */
  readonly paging: PagingSettings
  readonly services: readonly AwsService[]
}

/** The article's account, with all that stands in it from the start. */
export function articleAwsAccount(id: string, keys: AccessKeys): AwsAccount {
  const account = accountWith(id, articleAccount(id), keys)
  fill(account)
  return account
}

/** An account with nothing in it. */
export function emptyAwsAccount(id: string, keys: AccessKeys): AwsAccount {
  return accountWith(id, { aliases: [], organization: undefined }, keys)
}

function accountWith(id: string, account: Account, keys: AccessKeys): AwsAccount {
  const stores: Stores = {
    trails: new TrailStore(id),
    logs: new LogStore(),
    addresses: new AddressStore(),
    history: new EventHistory(articleDelivery),
    lake: new LakeStore(),
  }
  const filterLogEvents = new FilterLogEvents(stores.logs)
  const services = [
    cloudtrailService(stores),
    logsService(filterLogEvents),
    stsService(keys),
    ec2Service(stores.addresses),
    iamService(account),
    organizationsService(account),
  ]
  return { id, account, ...stores, paging: filterLogEvents.paging, services }
}
