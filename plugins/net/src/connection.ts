/** A net connection: how names are resolved, and which addresses may be connected to. */
import {
  AddressGuard,
  type AddressSource,
  type ConnectContext,
  GuardedHttp,
  networksOf,
} from '@millrace/plugin-sdk'
import { readHostPort } from './addresses/host-port.js'
import type { NetConfig } from './config.js'
import { DnsClient } from './dns/dns-client.js'

export class NetConnection implements AddressSource {
  readonly dns: DnsClient
  readonly guard: AddressGuard
  readonly http: GuardedHttp
  /** In milliseconds. */
  readonly timeout: number
  readonly transparencyUrl: string

  constructor(config: NetConfig, { maxAnswerBytes }: Pick<ConnectContext, 'maxAnswerBytes'>) {
    const { timeout, dns_server, allow_private_addresses: allowed, transparency_url } = config
    const server = dns_server === undefined ? undefined : readHostPort(dns_server, 53)
    this.guard = new AddressGuard(typeof allowed === 'boolean' ? allowed : networksOf(allowed))
    this.dns = new DnsClient({
      server: server !== undefined && 'host' in server ? server : undefined,
      timeout,
      guard: this.guard,
    })
    this.timeout = timeout
    this.transparencyUrl = transparency_url
    this.http = new GuardedHttp({ source: this, connectTimeout: timeout, maxAnswerBytes })
  }

  close(): Promise<void> {
    return this.http.close()
  }
}
