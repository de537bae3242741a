/** Instances and network interfaces of the article's account. */
import type { Ec2Instance, NetworkInterface } from '../aws/machine-store.js'
import {
  natInterface,
  readerInstance,
  readerInterface,
  runnerInstance,
  runnerInterface,
  webInstance,
  webInterface,
} from './network.js'

const started = new Date('2022-07-01T06:00:12Z')
const region = 'us-east-1'
const vpcId = 'vpc-0f1e2d3c4b5a69788'
const subnetId = 'subnet-0a9b8c7d6e5f40312'
const publicGroup = { groupId: 'sg-0c1d2e3f4a5b60718', groupName: 'public-web' }
const innerGroup = { groupId: 'sg-0d2e3f4a5b6c71829', groupName: 'inner' }

function publicName(address: string): string {
  return `ec2-${address.replaceAll('.', '-')}.compute-1.amazonaws.com`
}

function privateName(address: string): string {
  return `ip-${address.replaceAll('.', '-')}.ec2.internal`
}

interface Machine {
  readonly id: string
  readonly name: string
  readonly address: { readonly id: string; readonly privateAddress: string; readonly publicAddress: string }
  readonly instance?: Partial<Ec2Instance>
}

function runningInstance(accountId: string, { id, name, address, instance }: Machine): Ec2Instance {
  return {
    region,
    instanceId: id,
    instanceType: 't3.micro',
    imageId: 'ami-0cff7528ff583bf9a',
    instanceState: { code: 16, name: 'running' },
    launchTime: started,
    placement: { availabilityZone: 'us-east-1a', groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    hypervisor: 'xen',
    rootDeviceName: '/dev/xvda',
    rootDeviceType: 'ebs',
    virtualizationType: 'hvm',
    privateIpAddress: address.privateAddress,
    ipAddress: address.publicAddress,
    dnsName: publicName(address.publicAddress),
    subnetId,
    vpcId,
    tags: { Name: name },
    more: {
      privateDnsName: privateName(address.privateAddress),
      reason: '',
      keyName: 'devto',
      amiLaunchIndex: 0,
      productCodes: [],
      sourceDestCheck: true,
      groupSet: [publicGroup],
      architecture: 'x86_64',
      blockDeviceMapping: [
        {
          deviceName: '/dev/xvda',
          ebs: {
            volumeId: id.replace('i-', 'vol-'),
            status: 'attached',
            attachTime: started,
            deleteOnTermination: true,
          },
        },
      ],
      clientToken: `launch-${name}`,
      networkInterfaceSet: [
        {
          networkInterfaceId: address.id,
          ownerId: accountId,
          status: 'in-use',
          privateIpAddress: address.privateAddress,
          association: { publicIp: address.publicAddress, publicDnsName: publicName(address.publicAddress) },
        },
      ],
      ebsOptimized: false,
      enaSupport: true,
      cpuOptions: { coreCount: 1, threadsPerCore: 2 },
      capacityReservationSpecification: { capacityReservationPreference: 'open' },
      hibernationOptions: { configured: false },
      metadataOptions: { state: 'applied', httpTokens: 'optional', httpEndpoint: 'enabled' },
      enclaveOptions: { enabled: false },
      bootMode: 'uefi-preferred',
      currentInstanceBootMode: 'uefi',
      platformDetails: 'Linux/UNIX',
      usageOperation: 'RunInstances',
      usageOperationUpdateTime: started,
      privateDnsNameOptions: { hostnameType: 'ip-name', enableResourceNameDnsARecord: true },
      maintenanceOptions: { autoRecovery: 'default' },
    },
    attributes: {
      disableApiTermination: false,
      instanceInitiatedShutdownBehavior: 'stop',
      userData: Buffer.from('#!/bin/sh\necho ready\n').toString('base64'),
    },
    ...instance,
  }
}

export function articleInstances(accountId: string): Ec2Instance[] {
  const profile = (name: string) => ({
    iamInstanceProfile: {
      arn: `arn:aws:iam::${accountId}:instance-profile/${name}`,
      id: `AIPA${name.toUpperCase()}SANDBOXSANDBOX`.slice(0, 21),
    },
  })
  return [
    runningInstance(accountId, {
      id: webInstance,
      name: 'web',
      address: webInterface,
      instance: { ...profile('web'), monitoring: { state: 'enabled' } },
    }),
    runningInstance(accountId, { id: readerInstance, name: 'reader', address: readerInterface }),
    runningInstance(accountId, {
      id: runnerInstance,
      name: 'ci-runner',
      address: runnerInterface,
      instance: {
        instanceLifecycle: 'spot',
        instanceType: 'c6a.large',
        placement: { availabilityZone: 'us-east-1b', groupName: 'runners', tenancy: 'default' },
      },
    }),
    // An old machine with whatever the others do not have.
    {
      region,
      instanceId: 'i-0c3d4e5f607182930',
      instanceType: 't3.nano',
      imageId: 'ami-0cff7528ff583bf9a',
      instanceState: { code: 80, name: 'stopped' },
      launchTime: started,
      placement: {
        availabilityZone: 'us-east-1a',
        groupName: 'spread',
        groupId: 'pg-0a1b2c3d4e5f60718',
        partitionNumber: 2,
        affinity: 'host',
        hostId: 'h-0a1b2c3d4e5f60718',
        hostResourceGroupArn: `arn:aws:resource-groups:us-east-1:${accountId}:group/hosts`,
        tenancy: 'host',
      },
      monitoring: { state: 'disabled' },
      hypervisor: 'xen',
      rootDeviceName: '/dev/sda1',
      rootDeviceType: 'instance-store',
      virtualizationType: 'paravirtual',
      ramdiskId: 'ari-0a1b2c3d',
      outpostArn: `arn:aws:outposts:us-east-1:${accountId}:outpost/op-0a1b2c3d4e5f60718`,
      privateIpAddress: '172.31.20.200',
      dnsName: '',
      subnetId,
      vpcId,
      more: {
        reason: 'User initiated (2022-07-04 17:30:05 GMT)',
        stateReason: {
          code: 'Client.UserInitiatedShutdown',
          message: 'Client.UserInitiatedShutdown: User initiated shutdown',
        },
        kernelId: 'aki-0a1b2c3d',
        platform: 'windows',
        ipv6Address: '2600:1f18:4e1a:bc00::c8',
        capacityReservationId: 'cr-0a1b2c3d4e5f60718',
        spotInstanceRequestId: 'sir-0a1b2c3d',
        sriovNetSupport: 'simple',
        tpmSupport: 'v2.0',
        elasticGpuAssociationSet: [
          { elasticGpuId: 'egpu-0a1b2c3d', elasticGpuAssociationState: 'associated' },
        ],
        elasticInferenceAcceleratorAssociationSet: [
          { elasticInferenceAcceleratorAssociationId: 'eia-0a1b2c3d' },
        ],
        licenseSet: [{ licenseConfigurationArn: `arn:aws:license-manager:us-east-1:${accountId}:license` }],
      },
      attributes: { disableApiTermination: true, instanceInitiatedShutdownBehavior: 'terminate' },
    },
  ]
}

export function articleInterfaces(accountId: string): NetworkInterface[] {
  const ofInstance = (
    instanceId: string,
    { id, privateAddress, publicAddress }: Machine['address'],
    index: number,
  ): NetworkInterface => ({
    region,
    networkInterfaceId: id,
    status: 'in-use',
    interfaceType: 'interface',
    description: 'Primary network interface',
    availabilityZone: 'us-east-1a',
    ownerId: accountId,
    macAddress: `0a:1b:2c:3d:4e:0${index}`,
    privateIpAddress: privateAddress,
    privateDnsName: privateName(privateAddress),
    requesterManaged: false,
    sourceDestCheck: true,
    subnetId,
    vpcId,
    association: { publicIp: publicAddress, publicDnsName: publicName(publicAddress), ipOwnerId: 'amazon' },
    attachment: {
      attachmentId: `eni-attach-0f1e2d3c4b5a6978${index}`,
      status: 'attached',
      attachTime: started,
      deleteOnTermination: true,
      deviceIndex: 0,
      instanceId,
      instanceOwnerId: accountId,
    },
    tags: { Owner: 'articles' },
    more: {
      groupSet: [publicGroup],
      privateIpAddressesSet: [{ privateIpAddress: privateAddress, primary: true }],
      ipv6AddressesSet: [],
      ipv6Native: false,
      denyAllIgwTraffic: false,
    },
  })
  const web = ofInstance(webInstance, webInterface, 1)
  return [
    {
      ...web,
      association: {
        publicIp: webInterface.publicAddress,
        publicDnsName: publicName(webInterface.publicAddress),
        ipOwnerId: accountId,
        allocationId: 'eipalloc-0a1f2e3d4c5b69788',
        associationId: 'eipassoc-08c1d2e3f4a5b6c7d',
      },
    },
    ofInstance(readerInstance, readerInterface, 2),
    ofInstance(runnerInstance, runnerInterface, 3),
    {
      region,
      networkInterfaceId: 'eni-0f3e4d5c6b7a89980',
      status: 'available',
      interfaceType: 'interface',
      description: 'left over: who knows?',
      availabilityZone: 'us-east-1b',
      ownerId: accountId,
      macAddress: '0a:1b:2c:3d:4e:04',
      privateIpAddress: '172.31.20.201',
      privateDnsName: privateName('172.31.20.201'),
      requesterManaged: false,
      sourceDestCheck: false,
      subnetId,
      vpcId,
      more: {
        groupSet: [innerGroup],
        ipv4PrefixSet: [{ ipv4Prefix: '172.31.21.0/28' }],
        ipv6PrefixSet: [{ ipv6Prefix: '2600:1f18:4e1a:bc01::/80' }],
        connectionTrackingConfiguration: { tcpEstablishedTimeout: 350 },
        outpostArn: `arn:aws:outposts:us-east-1:${accountId}:outpost/op-0a1b2c3d4e5f60718`,
      },
    },
    {
      region,
      networkInterfaceId: 'eni-0a4e5d6c7b8a99081',
      status: 'in-use',
      interfaceType: 'interface',
      description: 'ELB app/web/50dc6c495c0c9188',
      availabilityZone: 'us-east-1a',
      ownerId: accountId,
      macAddress: '0a:1b:2c:3d:4e:06',
      privateIpAddress: '172.31.20.30',
      privateDnsName: privateName('172.31.20.30'),
      requesterId: 'amazon-elb',
      requesterManaged: true,
      sourceDestCheck: true,
      subnetId,
      vpcId,
      attachment: {
        attachmentId: 'eni-attach-0f1e2d3c4b5a69784',
        status: 'attached',
        attachTime: started,
        deleteOnTermination: false,
        deviceIndex: 1,
        instanceOwnerId: 'amazon-elb',
      },
      more: { groupSet: [publicGroup], ipv6Address: '2600:1f18:4e1a:bc00::1e' },
    },
    {
      region: 'eu-west-1',
      networkInterfaceId: natInterface.id,
      status: 'in-use',
      interfaceType: 'nat_gateway',
      description: 'Interface for NAT Gateway nat-0a1b2c3d4e5f60718',
      availabilityZone: 'eu-west-1a',
      ownerId: accountId,
      macAddress: '0a:1b:2c:3d:4e:05',
      privateIpAddress: natInterface.privateAddress,
      requesterId: 'amazon-vpc',
      requesterManaged: true,
      sourceDestCheck: false,
      subnetId: 'subnet-0b9c8d7e6f5041322',
      vpcId: 'vpc-0e1f2d3c4b5a69799',
      association: {
        publicIp: natInterface.publicAddress,
        publicDnsName: '',
        ipOwnerId: accountId,
        allocationId: 'eipalloc-0c3b4d5e6f7a81920',
        associationId: 'eipassoc-09d2e3f4a5b6c7d8e',
      },
      attachment: {
        attachmentId: 'ela-attach-0a1b2c3d',
        status: 'attached',
        attachTime: started,
        deleteOnTermination: false,
        deviceIndex: 1,
        instanceOwnerId: 'amazon-aws',
      },
    },
  ]
}
