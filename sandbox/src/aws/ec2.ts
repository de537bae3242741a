/** Amazon EC2, of which the plugin asks for regions and elastic IP addresses. */
import { z } from 'zod'
import type { AddressStore } from './address-store.js'
import type { AwsService } from './aws-service.js'
import { describeAddresses } from './describe-addresses.js'
import { regions } from './regions.js'

const formInput = z.record(z.string(), z.string())

export function ec2Service(addresses: AddressStore): AwsService {
  return {
    name: 'ec2',
    protocol: 'ec2',
    identifier: '2016-11-15',
    throttlingCode: 'RequestLimitExceeded',
    operations: {
      DescribeAddresses: (input, context) => describeAddresses(formInput.parse(input), context, addresses),
      DescribeRegions: (input) => {
        const parameters = formInput.parse(input)
        const wanted = Object.entries(parameters).flatMap(([key, value]) =>
          /^RegionName\.\d+$/.test(key) ? [value] : [],
        )
        const listed = regions.filter(
          ({ name, optInStatus }) =>
            (parameters.AllRegions === 'true' || optInStatus !== 'not-opted-in') &&
            (wanted.length === 0 || wanted.includes(name)),
        )
        const items = listed.map(
          ({ name, optInStatus }) =>
            `<item><regionName>${name}</regionName><regionEndpoint>ec2.${name}.amazonaws.com</regionEndpoint><optInStatus>${optInStatus}</optInStatus></item>`,
        )
        return { text: `<regionInfo>${items.join('')}</regionInfo>` }
      },
    },
  }
}
