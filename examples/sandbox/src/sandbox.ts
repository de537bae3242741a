/**
 * The sandbox: one HTTP server that stands in for AWS (CloudTrail, CloudWatch Logs, STS, EC2, IAM,
 * Organizations) and ipstack.
 *
 * @example
 * const sandbox = await startSandbox()
 * Object.assign(process.env, sandbox.environment)
 * …
 * await sandbox.stop()
 */
import type { Account } from './aws/account.js'
import { AddressStore } from './aws/address-store.js'
import { AwsApi } from './aws/aws-api.js'
import { cloudtrailService } from './aws/cloudtrail.js'
import { ec2Service } from './aws/ec2.js'
import { EventHistory } from './aws/event-history.js'
import { FilterLogEvents, type PagingSettings } from './aws/filter-log-events.js'
import { iamService } from './aws/iam.js'
import { LakeStore } from './aws/lake-store.js'
import { LogStore } from './aws/log-store.js'
import { logsService } from './aws/logs.js'
import { organizationsService } from './aws/organizations.js'
import { sts } from './aws/sts.js'
import { TrailStore } from './aws/trail-store.js'
import { CallLog } from './call-log.js'
import { fill } from './contents.js'
import { type ControlledParts, controlAnswer } from './control.js'
import { articleAccountId, deniedCredentials, sandboxCredentials } from './credentials.js'
import { articleAccount } from './data/article-account.js'
import { articleDelivery } from './data/article-trail.js'
import { environmentOf } from './environment.js'
import { Faults } from './faults.js'
import { type GeneratedLogGroup, type GenerateRequest, generateInto } from './generate.js'
import { HttpServer } from './http-server.js'
import { IpstackApi } from './ipstack/ipstack-api.js'

export interface SandboxOptions {
  /** The address to listen on; this machine only by default. */
  readonly host?: string
  /** Any free port by default. */
  readonly port?: number
  /** What time it is for ipstack's time zones. */
  readonly now?: () => Date
}

export interface Sandbox extends AsyncDisposable {
  readonly url: string
  /** Variables that lead clients here. One whose value is empty must not be set to anything else. */
  readonly environment: Readonly<Record<string, string>>
  readonly calls: CallLog
  readonly faults: Faults
  readonly logs: LogStore
  readonly trails: TrailStore
  readonly history: EventHistory
  readonly lake: LakeStore
  readonly addresses: AddressStore
  /** What IAM and Organizations tell; may be changed at any time. */
  readonly account: Account
  /** How FilterLogEvents makes its pages; may be changed at any time. */
  readonly paging: PagingSettings
  readonly ipstack: IpstackApi
  /** Adds events to a log group, which is made when it is not there. Takes no time, whatever the count. */
  generateEvents(request: GenerateRequest): GeneratedLogGroup
  /** Ends all calls and connections. */
  stop(): Promise<void>
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', port = 0 } = options
  const trails = new TrailStore(articleAccountId)
  const logs = new LogStore()
  const addresses = new AddressStore()
  const account = articleAccount(articleAccountId)
  const history = new EventHistory(articleDelivery)
  const lake = new LakeStore()
  fill({ trails, logs, addresses, history, lake })
  const filterLogEvents = new FilterLogEvents(logs)
  const ipstack = new IpstackApi(undefined, options.now)
  const aws = new AwsApi({
    accountId: articleAccountId,
    credentials: [sandboxCredentials, deniedCredentials],
    services: [
      cloudtrailService({ trails, history, lake }),
      logsService(filterLogEvents),
      sts,
      ec2Service(addresses),
      iamService(account),
      organizationsService(account),
    ],
  })
  const parts: ControlledParts = {
    calls: new CallLog(),
    faults: new Faults(),
    logs,
    paging: filterLogEvents.paging,
  }
  const server = new HttpServer({
    services: [aws, ipstack],
    calls: parts.calls,
    faults: parts.faults,
    control: (request) => controlAnswer(request, parts),
  })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${await server.listen(host, port)}`
  const stop = () => server.stop()
  return {
    ...parts,
    url,
    environment: environmentOf(url),
    trails,
    history,
    lake,
    addresses,
    account,
    ipstack,
    generateEvents: (request) => generateInto(logs, request),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
