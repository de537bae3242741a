/** The elastic IP addresses that the sandbox knows. */

/** Members are named as in the API; those without a value are absent from its answers. */
export interface ElasticAddress {
  readonly region: string
  readonly publicIp: string
  /** The allocation; absent for addresses of EC2-Classic, whose domain is `standard`. */
  readonly allocationId?: string
  readonly domain: 'vpc' | 'standard'
  readonly associationId?: string
  readonly instanceId?: string
  readonly networkInterfaceId?: string
  readonly networkInterfaceOwnerId?: string
  readonly privateIpAddress?: string
  readonly publicIpv4Pool?: string
  readonly networkBorderGroup?: string
  readonly customerOwnedIp?: string
  readonly customerOwnedIpv4Pool?: string
  readonly carrierIp?: string
  readonly tags?: Readonly<Record<string, string>>
}

export class AddressStore {
  readonly #addresses: ElasticAddress[] = []

  add(address: ElasticAddress): void {
    this.#addresses.push(address)
  }

  inRegion(region: string): readonly ElasticAddress[] {
    return this.#addresses.filter((address) => address.region === region)
  }
}
