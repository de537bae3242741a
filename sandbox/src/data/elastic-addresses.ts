/** Elastic IP addresses of the article's account. */
import type { ElasticAddress } from '../aws/address-store.js'
import { natInterface, webInstance, webInterface } from './network.js'

export function elasticAddresses(accountId: string): ElasticAddress[] {
  return [
    {
      region: 'us-east-1',
      publicIp: webInterface.publicAddress,
      allocationId: 'eipalloc-0a1f2e3d4c5b69788',
      domain: 'vpc',
      associationId: 'eipassoc-08c1d2e3f4a5b6c7d',
      instanceId: webInstance,
      networkInterfaceId: webInterface.id,
      networkInterfaceOwnerId: accountId,
      privateIpAddress: webInterface.privateAddress,
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
      publicIp: natInterface.publicAddress,
      allocationId: 'eipalloc-0c3b4d5e6f7a81920',
      domain: 'vpc',
      associationId: 'eipassoc-09d2e3f4a5b6c7d8e',
      networkInterfaceId: natInterface.id,
      networkInterfaceOwnerId: accountId,
      privateIpAddress: natInterface.privateAddress,
      publicIpv4Pool: 'amazon',
      networkBorderGroup: 'eu-west-1',
      tags: { Name: 'nat' },
    },
  ]
}
