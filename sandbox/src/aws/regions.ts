/** The commercial partition's regions, as EC2 DescribeRegions shows them to an account. */

export interface Region {
  readonly name: string
  readonly optInStatus: 'opt-in-not-required' | 'opted-in' | 'not-opted-in'
}

const openToAll = [
  'ap-south-1',
  'eu-north-1',
  'eu-west-3',
  'eu-west-2',
  'eu-west-1',
  'ap-northeast-3',
  'ap-northeast-2',
  'ap-northeast-1',
  'ca-central-1',
  'sa-east-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'eu-central-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]

const optedIn = ['eu-south-1', 'me-south-1']

const notOptedIn = [
  'af-south-1',
  'ap-east-1',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ca-west-1',
  'eu-central-2',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
]

export const regions: readonly Region[] = [
  ...openToAll.map((name): Region => ({ name, optInStatus: 'opt-in-not-required' })),
  ...optedIn.map((name): Region => ({ name, optInStatus: 'opted-in' })),
  ...notOptedIn.map((name): Region => ({ name, optInStatus: 'not-opted-in' })),
]
