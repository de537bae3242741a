/** One AWS account of the sandbox: what is in it, and the services that show it. */
import type { AccessKeys } from './access-keys.js'
import type { Account } from './account.js'
import { AddressStore } from './address-store.js'
import type { AwsService } from './aws-service.js'
import { cloudtrailService } from './cloudtrail.js'
import { ec2Service } from './ec2.js'
import { EventHistory } from './event-history.js'
import { FilterLogEvents, type PagingSettings } from './filter-log-events.js'
import { FindingStore } from './finding-store.js'
import { guardDutyService } from './guardduty.js'
import { iamService } from './iam.js'
import { IdentityStore } from './identity-store.js'
import { LakeStore } from './lake-store.js'
import { LogStore } from './log-store.js'
import { logsService } from './logs.js'
import { MachineStore } from './machine-store.js'
import { organizationsService } from './organizations.js'
import { stsService } from './sts.js'
import { TrailStore } from './trail-store.js'

export interface AwsAccountOptions {
  readonly id: string
  readonly account: Account
  /** The time of its event history, in epoch milliseconds; it stands still. */
  readonly now: number
  readonly keys: AccessKeys
}

export class AwsAccount {
  readonly id: string
  /** What IAM and Organizations return; may be changed at any time. */
  readonly account: Account
  readonly trails: TrailStore
  readonly logs = new LogStore()
  readonly addresses = new AddressStore()
  /** The instances and network interfaces of EC2; may be changed at any time. */
  readonly machines = new MachineStore()
  /** The users and roles of IAM; may be changed at any time. */
  readonly identities = new IdentityStore()
  /** What GuardDuty has found; may be changed at any time. */
  readonly findings = new FindingStore()
  readonly history: EventHistory
  readonly lake = new LakeStore()
  /** How FilterLogEvents makes its pages; may be changed at any time. */
  readonly paging: PagingSettings
  readonly services: readonly AwsService[]

  constructor({ id, account, now, keys }: AwsAccountOptions) {
    this.id = id
    this.account = account
    this.trails = new TrailStore(id)
    this.history = new EventHistory(now)
    const filterLogEvents = new FilterLogEvents(this.logs)
    this.paging = filterLogEvents.paging
    this.services = [
      cloudtrailService(this),
      logsService(filterLogEvents),
      stsService(keys),
      ec2Service(this.addresses, this.machines),
      iamService(account, this.identities),
      organizationsService(account),
      guardDutyService(this.findings),
    ]
  }
}
