/** Amazon EC2: regions, elastic IP addresses, instances, network interfaces. */
import { z } from 'zod'
import type { AddressStore } from './address-store.js'
import type { AwsOperation, AwsService, Serialized } from './aws-service.js'
import { describeAddresses } from './describe-addresses.js'
import { machineOperations } from './describe-machines.js'
import type { Parameters } from './ec2-filters.js'
import type { MachineStore } from './machine-store.js'
import { regions } from './regions.js'
import { xmlMembers } from './xml-members.js'

const formInput = z.record(z.string(), z.string())

export function ec2Service(addresses: AddressStore, machines: MachineStore): AwsService {
  const ofMachines = Object.entries(machineOperations(machines)).map(
    ([name, run]): [string, AwsOperation] => [name, (input, context) => run(formInput.parse(input), context)],
  )
  return {
    name: 'ec2',
    protocol: 'ec2',
    identifier: '2016-11-15',
    throttlingCode: 'RequestLimitExceeded',
    operations: {
      ...Object.fromEntries(ofMachines),
      DescribeAddresses: (input, context) => describeAddresses(formInput.parse(input), context, addresses),
      DescribeRegions: (input) => describeRegions(formInput.parse(input)),
    },
  }
}

function describeRegions(parameters: Parameters): Serialized {
  const wanted = Object.entries(parameters).flatMap(([key, value]) =>
    /^RegionName\.\d+$/.test(key) ? [value] : [],
  )
  const listed = regions.filter(
    ({ name, optInStatus }) =>
      (parameters.AllRegions === 'true' || optInStatus !== 'not-opted-in') &&
      (wanted.length === 0 || wanted.includes(name)),
  )
  const regionInfo = listed.map(({ name, optInStatus }) => ({
    regionName: name,
    regionEndpoint: `ec2.${name}.amazonaws.com`,
    optInStatus,
  }))
  return { text: xmlMembers({ regionInfo }, 'item') }
}
