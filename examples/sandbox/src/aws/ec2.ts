/** Amazon EC2, of which the plugin asks for the list of regions. */
import { z } from 'zod'
import type { AwsService } from './aws-service.js'
import { regions } from './regions.js'

const describeRegionsInput = z.record(z.string(), z.string())

export const ec2: AwsService = {
  name: 'ec2',
  protocol: 'ec2',
  identifier: '2016-11-15',
  throttlingCode: 'RequestLimitExceeded',
  operations: {
    DescribeRegions: (input) => {
      const parameters = describeRegionsInput.parse(input)
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
