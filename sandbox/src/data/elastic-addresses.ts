/** Elastic IP addresses of the article's account. */
import type { ElasticAddress } from '../aws/address-store.js'

export function elasticAddresses(accountId: string): ElasticAddress[] {
  return [
    {
      region: 'us-east-1',
      publicIp: '54.85.112.7',
      allocationId: 'eipalloc-0a1f2e3d4c5b69788',
      domain: 'vpc',
      associationId: 'eipassoc-08c1d2e3f4a5b6c7d',
      instanceId: 'i-0123456789abcdef0',
      networkInterfaceId: 'eni-0f9e8d7c6b5a49382',
      networkInterfaceOwnerId: accountId,
      privateIpAddress: '172.31.18.44',
      publicIpv4Pool: 'amazon',
      networkBorderGroup: 'us-east-1',
      tags: { Name: 'web', Owner: 'articles' },
    },
    {
      region: 'us-east-1',
      publicIp: '3.222.40.118',
      allocationId: 'eipalloc-0b2a3c4d5e6f70819',
      domain: 'vpc',
      publicIpv4Pool: 'amazon',
      networkBorderGroup: 'us-east-1',
    },
    {
      region: 'eu-west-1',
      publicIp: '34.248.19.203',
      allocationId: 'eipalloc-0c3b4d5e6f7a81920',
      domain: 'vpc',
      associationId: 'eipassoc-09d2e3f4a5b6c7d8e',
      networkInterfaceId: 'eni-0a8b7c6d5e4f30291',
      networkInterfaceOwnerId: accountId,
      privateIpAddress: '10.0.4.12',
      publicIpv4Pool: 'amazon',
      networkBorderGroup: 'eu-west-1',
      tags: { Name: 'nat' },
    },
  ]
}
