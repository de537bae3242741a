/**
 * The sandbox: one HTTP server that stands in for AWS (CloudTrail, CloudWatch Logs, STS, EC2, IAM,
 * Organizations, GuardDuty, S3), ipstack, AbuseIPDB, Shodan and an inventory of hosts, and beside it a DNS server.
 *
 * @example
 * const sandbox = await startSandbox()
 * Object.assign(process.env, sandbox.environment)
 * …
 * await sandbox.stop()
 */
import { AbuseipdbApi } from './abuseipdb/abuseipdb-api.js'
import { AccessKeys, type Identity, type TemporaryCredentials } from './aws/access-keys.js'
import type { Account } from './aws/account.js'
import type { AddressStore } from './aws/address-store.js'
import type { AwsAccount } from './aws/aws-account.js'
import { AwsApi } from './aws/aws-api.js'
import type { EventHistory } from './aws/event-history.js'
import type { PagingSettings } from './aws/filter-log-events.js'
import type { FindingStore } from './aws/finding-store.js'
import type { IdentityStore } from './aws/identity-store.js'
import type { LakeStore } from './aws/lake-store.js'
import type { LogStore } from './aws/log-store.js'
import type { MachineStore } from './aws/machine-store.js'
import type { TrailStore } from './aws/trail-store.js'
import { CallLog } from './call-log.js'
import { articleAwsAccount, emptyAwsAccount } from './contents.js'
import { type ControlledParts, controlAnswer } from './control.js'
import {
  articleAccountId,
  deniedCredentials,
  otherAccountId,
  otherCredentials,
  sandboxCredentials,
} from './credentials.js'
import { fillArticleBucket } from './data/article-bucket.js'
import { type GenerateTrailOptions, generateTrailInto } from './data/generated-trail.js'
import { environmentOf } from './environment.js'
import { Faults } from './faults.js'
import { type GeneratedLogGroup, type GenerateRequest, generateInto } from './generate.js'
import { HttpServer } from './http-server.js'
import { InventoryApi } from './inventory/inventory-api.js'
import { IpstackApi } from './ipstack/ipstack-api.js'
import { DnsServer } from './net/dns-server.js'
import { PkiApi } from './net/pki-api.js'
import { startTlsServers, type TlsServers } from './net/tls-servers.js'
import { BucketStore } from './s3/bucket-store.js'
import { S3Api } from './s3/s3-api.js'
import { ShodanApi } from './shodan/shodan-api.js'

export interface SandboxOptions {
  /** The address to listen on; this machine only by default. */
  readonly host?: string
  /** The port; any free one by default. */
  readonly port?: number
  /** The time for ipstack's time zones, and for AbuseIPDB's reports and quotas. */
  readonly now?: () => Date
}

/** Of a connection of the plugin net. */
export interface NetSettings {
  readonly dns_server: string
  readonly allow_private_addresses: readonly string[]
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
  /** The instances and network interfaces that EC2 shows; may be changed at any time. */
  readonly machines: MachineStore
  /** The users and roles that IAM shows; may be changed at any time. */
  readonly identities: IdentityStore
  /** What GuardDuty has found; may be changed at any time. */
  readonly findings: FindingStore
  /** What IAM and Organizations return; may be changed at any time. */
  readonly account: Account
  /** How FilterLogEvents makes its pages; may be changed at any time. */
  readonly paging: PagingSettings
  /** A second account, empty at first; the members above are those of the article's. */
  readonly otherAccount: AwsAccount
  /** The buckets of both accounts; may be changed at any time. */
  readonly buckets: BucketStore
  readonly ipstack: IpstackApi
  readonly abuseipdb: AbuseipdbApi
  readonly shodan: ShodanApi
  readonly inventory: InventoryApi
  readonly dns: DnsServer
  /** The settings with which a connection of the plugin net asks only this machine. */
  readonly netSettings: NetSettings
  /** Starts TLS servers with certificates that are made for them; they end with the sandbox. */
  startTlsServers(): Promise<TlsServers>
  /** Makes a temporary key of the other account, like those of IAM Identity Center or a metadata service. */
  issueKey(): TemporaryCredentials
  /** Adds events to a log group, which is made when it is not there. Takes no time, whatever the count. */
  generateEvents(request: GenerateRequest): GeneratedLogGroup
  /** Puts the objects of a trail into a bucket, which is made when it is not there. Takes no time, whatever the count. */
  generateTrail(
    options: Omit<GenerateTrailOptions, 'accountId'> & { readonly accountId?: string },
  ): readonly string[]
  /** Ends all calls and connections. */
  stop(): Promise<void>
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', port = 0 } = options
  const keys = sandboxKeys()
  const article = articleAwsAccount(articleAccountId, keys)
  const otherAccount = emptyAwsAccount(otherAccountId, keys)
  const { logs, trails, history, lake, addresses, machines, identities, findings, account, paging } = article
  const buckets = new BucketStore()
  fillArticleBucket(buckets, articleAccountId)
  const ipstack = new IpstackApi(undefined, options.now)
  const abuseipdb = new AbuseipdbApi(undefined, options.now)
  const shodan = new ShodanApi()
  const inventory = new InventoryApi()
  const pki = new PkiApi()
  const aws = new AwsApi({
    keys,
    accounts: new Map([article, otherAccount].map(({ id, services }) => [id, services])),
  })
  const parts: ControlledParts = { calls: new CallLog(), faults: new Faults(), logs, paging, trails }
  const server = new HttpServer({
    // ipstack comes last: any other GET is a lookup.
    services: [aws, new S3Api(keys, buckets), abuseipdb, shodan, inventory, pki, ipstack],
    calls: parts.calls,
    faults: parts.faults,
    control: (request) => controlAnswer(request, parts),
  })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${await server.listen(host, port)}`
  const dns = new DnsServer(parts)
  await dns.listen()
  const tlsServers: TlsServers[] = []
  const stop = async () => {
    await Promise.all([server.stop(), dns.stop(), ...tlsServers.map((servers) => servers.stop())])
  }
  return {
    ...parts,
    url,
    environment: environmentOf(url),
    history,
    lake,
    addresses,
    machines,
    identities,
    findings,
    account,
    otherAccount,
    buckets,
    ipstack,
    abuseipdb,
    shodan,
    inventory,
    dns,
    netSettings: { dns_server: dns.address, allow_private_addresses: ['127.0.0.0/8', '::1'] },
    startTlsServers: async () => {
      const started = await startTlsServers(url, pki)
      tlsServers.push(started)
      return started
    },
    issueKey: () => keys.issue(identityIn(otherAccountId, 'temporary')),
    generateEvents: (request) => generateInto(logs, request),
    generateTrail: (options) => generateTrailInto(buckets, { accountId: articleAccountId, ...options }),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function sandboxKeys(): AccessKeys {
  const keys = new AccessKeys()
  keys.add({ ...sandboxCredentials, identity: identityIn(articleAccountId, 'sandbox') })
  keys.add({ ...deniedCredentials, identity: identityIn(articleAccountId, 'denied', true) })
  keys.add({ ...otherCredentials, identity: identityIn(otherAccountId, 'other') })
  return keys
}

function identityIn(accountId: string, user: string, isDenied = false): Identity {
  const arn = `arn:aws:iam::${accountId}:user/${user}`
  return { accountId, arn, userId: `AIDASANDBOX${user.toUpperCase()}`.padEnd(21, '0'), isDenied }
}
