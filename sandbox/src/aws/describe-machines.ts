/** EC2's operations on instances and network interfaces. */
import { AwsError } from './aws-error.js'
import type { AwsContext, Serialized } from './aws-service.js'
import { type FilterReaders, filtered, type Parameters } from './ec2-filters.js'
import { ListPages } from './list-pages.js'
import type { Ec2Instance, MachineStore, NetworkInterface } from './machine-store.js'
import { checkBetween } from './read-input.js'
import { tagSet, type XmlValue, xmlMembers } from './xml-members.js'

type Operation = (parameters: Parameters, context: AwsContext) => Serialized

const instanceFilters: FilterReaders<Ec2Instance> = {
  'availability-zone': ({ placement }) => placement.availabilityZone,
  'dns-name': ({ dnsName }) => dnsName,
  hypervisor: ({ hypervisor }) => hypervisor,
  'iam-instance-profile.arn': ({ iamInstanceProfile }) => iamInstanceProfile?.arn,
  'image-id': ({ imageId }) => imageId,
  'instance-id': ({ instanceId }) => instanceId,
  'instance-lifecycle': ({ instanceLifecycle }) => instanceLifecycle,
  'instance-state-name': ({ instanceState }) => instanceState.name,
  'instance-type': ({ instanceType }) => instanceType,
  'ip-address': ({ ipAddress }) => ipAddress,
  'monitoring-state': ({ monitoring }) => monitoring.state,
  'outpost-arn': ({ outpostArn }) => outpostArn,
  'placement-group-name': ({ placement }) => placement.groupName,
  'private-ip-address': ({ privateIpAddress }) => privateIpAddress,
  'ramdisk-id': ({ ramdiskId }) => ramdiskId,
  'root-device-name': ({ rootDeviceName }) => rootDeviceName,
  'root-device-type': ({ rootDeviceType }) => rootDeviceType,
  'subnet-id': ({ subnetId }) => subnetId,
  tenancy: ({ placement }) => placement.tenancy,
  'virtualization-type': ({ virtualizationType }) => virtualizationType,
  'vpc-id': ({ vpcId }) => vpcId,
}

const interfaceFilters: FilterReaders<NetworkInterface> = {
  'association.allocation-id': ({ association }) => association?.allocationId,
  'association.association-id': ({ association }) => association?.associationId,
  'association.ip-owner-id': ({ association }) => association?.ipOwnerId,
  'association.public-dns-name': ({ association }) => association?.publicDnsName,
  'association.public-ip': ({ association }) => association?.publicIp,
  'attachment.attachment-id': ({ attachment }) => attachment?.attachmentId,
  'attachment.delete-on-termination': ({ attachment }) => attachment?.deleteOnTermination,
  'attachment.instance-id': ({ attachment }) => attachment?.instanceId,
  'attachment.instance-owner-id': ({ attachment }) => attachment?.instanceOwnerId,
  'attachment.status': ({ attachment }) => attachment?.status,
  'availability-zone': ({ availabilityZone }) => availabilityZone,
  description: ({ description }) => description,
  'mac-address': ({ macAddress }) => macAddress,
  'network-interface-id': ({ networkInterfaceId }) => networkInterfaceId,
  'owner-id': ({ ownerId }) => ownerId,
  'private-dns-name': ({ privateDnsName }) => privateDnsName,
  'private-ip-address': ({ privateIpAddress }) => privateIpAddress,
  'requester-id': ({ requesterId }) => requesterId,
  'requester-managed': ({ requesterManaged }) => requesterManaged,
  'source-dest-check': ({ sourceDestCheck }) => sourceDestCheck,
  status: ({ status }) => status,
  'subnet-id': ({ subnetId }) => subnetId,
  'vpc-id': ({ vpcId }) => vpcId,
}

const [fewestPerPage, mostPerPage] = [5, 1000]

export function machineOperations(store: MachineStore): Readonly<Record<string, Operation>> {
  const pages = new ListPages()
  const inRegion = <Item extends { readonly region: string }>(
    items: readonly Item[],
    { region }: AwsContext,
  ) => items.filter((item) => item.region === region)
  const cut = <Item>(items: readonly Item[], { NextToken, ...rest }: Parameters, { region }: AwsContext) => {
    const limit = Number(rest.MaxResults ?? mostPerPage)
    checkBetween(limit, 'maxResults', fewestPerPage, mostPerPage, 'InvalidParameterValue')
    const fingerprint = JSON.stringify([region, rest])
    return pages.cut(items, { limit, token: NextToken, fingerprint, invalidToken: 'InvalidNextToken' })
  }
  const instanceOf = (id: string | undefined, context: AwsContext) => {
    const instance = inRegion(store.instances, context).find(({ instanceId }) => instanceId === id)
    if (instance === undefined) {
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
    }
    return instance
  }
  return {
    DescribeInstances: (parameters, context) => {
      const found = filtered(inRegion(store.instances, context), parameters, instanceFilters)
      const { items, token } = cut(found, parameters, context)
      const reservationSet = items.map((instance) => ({
        reservationId: instance.instanceId.replace('i-', 'r-'),
        ownerId: context.accountId,
        instancesSet: [instanceMembers(instance)],
      }))
      return answer({ reservationSet, nextToken: token })
    },
    DescribeInstanceAttribute: ({ InstanceId, Attribute = '' }, context) => {
      const { instanceId, attributes } = instanceOf(InstanceId, context)
      const value = new Map<string, string | boolean | undefined>(Object.entries(attributes)).get(Attribute)
      return answer({ instanceId, [Attribute]: { value } })
    },
    DescribeInstanceStatus: (parameters, context) => {
      const ids = Object.entries(parameters).flatMap(([key, id]) =>
        key.startsWith('InstanceId.') ? [id] : [],
      )
      const instanceStatusSet = ids.map((id) => {
        const { instanceId, placement, instanceState } = instanceOf(id, context)
        const isRunning = instanceState.name === 'running'
        const status = isRunning ? 'ok' : 'not-applicable'
        const details = isRunning ? [{ name: 'reachability', status: 'passed' }] : undefined
        return {
          instanceId,
          availabilityZone: placement.availabilityZone,
          instanceState,
          instanceStatus: { status, details },
          systemStatus: { status, details },
        }
      })
      return answer({ instanceStatusSet })
    },
    GetLaunchTemplateData: ({ InstanceId }, context) => {
      const { imageId, instanceType } = instanceOf(InstanceId, context)
      return answer({ launchTemplateData: { imageId, instanceType } })
    },
    DescribeNetworkInterfaces: (parameters, context) => {
      const found = filtered(inRegion(store.interfaces, context), parameters, interfaceFilters)
      const { items, token } = cut(found, parameters, context)
      const networkInterfaceSet = items.map(({ region, tags, more, ...members }) => ({
        ...members,
        ...more,
        tagSet: tagSet(tags),
      }))
      return answer({ networkInterfaceSet, nextToken: token })
    },
  }
}

function answer(members: { readonly [name: string]: XmlValue }): Serialized {
  return { text: xmlMembers(members, 'item') }
}

function instanceMembers({ region, tags, more, attributes, ...members }: Ec2Instance) {
  return { ...members, ...more, tagSet: tagSet(tags) }
}
