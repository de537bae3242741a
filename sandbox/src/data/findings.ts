/** What GuardDuty has found in the article's account: each finding names one of its users or machines. */
import type { Detector, Finding } from '../aws/finding-store.js'
import { articleRegion } from './article-trail.js'
import { principalId } from './identities.js'
import { runnerInterface, webInstance, webInterface } from './network.js'

const detectorId = '12abc34d567e8fa901bc2d34e56789f0'

export const articleDetectors: readonly Detector[] = [{ region: articleRegion, id: detectorId }]

export function articleFindings(accountId: string): Finding[] {
  const finding = (
    id: string,
    members: Pick<
      Finding,
      'type' | 'title' | 'description' | 'severity' | 'resource' | 'service' | 'createdAt'
    > &
      Partial<Finding>,
  ): Finding => ({
    detectorId,
    id,
    arn: `arn:aws:guardduty:${articleRegion}:${accountId}:detector/${detectorId}/finding/${id}`,
    accountId,
    partition: 'aws',
    region: articleRegion,
    schemaVersion: '2.0',
    updatedAt: members.createdAt,
    ...members,
  })
  const remote = (ipAddressV4: string, country: string) => ({
    ipAddressV4,
    country: { countryName: country },
  })
  return [
    finding('5ac0ffee11223344556677889900aabb', {
      type: 'UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom',
      title: 'API RunInstances was invoked from an IP address on a custom threat list.',
      description: 'API RunInstances was invoked from an IP address on the custom threat list runners.',
      severity: 5,
      confidence: 7.5,
      createdAt: '2022-07-06T19:26:31.104Z',
      updatedAt: '2022-07-06T19:56:31.104Z',
      resource: {
        resourceType: 'AccessKey',
        accessKeyDetails: {
          accessKeyId: 'AKIASANDBOXSANDBOX02',
          principalId: principalId('AIDA', 'deploy-ci'),
          userName: 'deploy-ci',
          userType: 'IAMUser',
        },
      },
      service: {
        action: {
          actionType: 'AWS_API_CALL',
          awsApiCallAction: {
            api: 'RunInstances',
            serviceName: 'ec2.amazonaws.com',
            callerType: 'Remote IP',
            remoteIpDetails: remote(runnerInterface.publicAddress, 'United States'),
          },
        },
        archived: false,
        count: 1,
        detectorId,
        eventFirstSeen: '2022-07-06T19:20:00.000Z',
        eventLastSeen: '2022-07-06T19:20:00.000Z',
        serviceName: 'guardduty',
      },
    }),
    finding('6bd1ffee11223344556677889900aabb', {
      type: 'Recon:EC2/PortProbeUnprotectedPort',
      title: `Unprotected port on EC2 instance ${webInstance} is being probed.`,
      description: `EC2 instance ${webInstance} has an unprotected port which is being probed by a known malicious host.`,
      severity: 2,
      createdAt: '2022-07-06T20:02:09.700Z',
      resource: {
        resourceType: 'Instance',
        instanceDetails: {
          instanceId: webInstance,
          networkInterfaces: [
            {
              networkInterfaceId: webInterface.id,
              privateIpAddress: webInterface.privateAddress,
              publicIp: webInterface.publicAddress,
            },
          ],
        },
      },
      service: {
        action: {
          actionType: 'PORT_PROBE',
          portProbeAction: {
            blocked: false,
            portProbeDetails: [
              {
                localPortDetails: { port: 443, portName: 'HTTPS' },
                remoteIpDetails: remote('89.248.165.99', 'Netherlands'),
              },
            ],
          },
        },
        archived: true,
        count: 3,
        detectorId,
        eventFirstSeen: '2022-07-06T19:39:09.000Z',
        eventLastSeen: '2022-07-06T19:41:09.000Z',
        serviceName: 'guardduty',
      },
    }),
  ]
}
