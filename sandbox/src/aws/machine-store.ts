/** The instances and network interfaces that EC2 shows. Members are named as in its answers. */
import type { XmlValue } from './xml-members.js'

type Members = { readonly [name: string]: XmlValue }

export interface Ec2Instance {
  readonly region: string
  readonly instanceId: string
  readonly instanceType: string
  readonly imageId: string
  readonly instanceState: { readonly code: number; readonly name: string }
  readonly launchTime: Date
  readonly placement: Members & {
    readonly availabilityZone: string
    readonly groupName: string
    readonly tenancy: string
  }
  readonly monitoring: { readonly state: string }
  readonly hypervisor: string
  readonly rootDeviceName: string
  readonly rootDeviceType: string
  readonly virtualizationType: string
  readonly privateIpAddress?: string
  readonly ipAddress?: string
  readonly dnsName: string
  readonly subnetId?: string
  readonly vpcId?: string
  readonly instanceLifecycle?: string
  readonly outpostArn?: string
  readonly ramdiskId?: string
  readonly iamInstanceProfile?: { readonly arn: string; readonly id: string }
  readonly tags?: Readonly<Record<string, string>>
  /** Whatever else DescribeInstances shows. */
  readonly more?: Members
  readonly attributes: {
    readonly disableApiTermination: boolean
    readonly instanceInitiatedShutdownBehavior: string
    /** Encoded in base64. */
    readonly userData?: string
  }
}

export interface NetworkInterface {
  readonly region: string
  readonly networkInterfaceId: string
  readonly status: string
  readonly interfaceType: string
  readonly description: string
  readonly availabilityZone: string
  readonly ownerId: string
  readonly macAddress: string
  readonly privateIpAddress?: string
  readonly privateDnsName?: string
  readonly requesterId?: string
  readonly requesterManaged: boolean
  readonly sourceDestCheck: boolean
  readonly subnetId: string
  readonly vpcId: string
  readonly association?: {
    readonly publicIp: string
    readonly publicDnsName: string
    readonly ipOwnerId: string
    readonly allocationId?: string
    readonly associationId?: string
    readonly carrierIp?: string
  }
  readonly attachment?: {
    readonly attachmentId: string
    readonly status: string
    readonly attachTime: Date
    readonly deleteOnTermination: boolean
    readonly deviceIndex: number
    readonly instanceId?: string
    readonly instanceOwnerId: string
  }
  readonly tags?: Readonly<Record<string, string>>
  /** Whatever else DescribeNetworkInterfaces shows. */
  readonly more?: Members
}

export class MachineStore {
  readonly instances: Ec2Instance[] = []
  readonly interfaces: NetworkInterface[] = []
}
