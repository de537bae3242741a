/**
 * Network interfaces and instances of the article's account, to which elastic addresses, flow log records and findings
 * refer. Two of the addresses in the article's trail are theirs.
 */

export const webInterface = {
  id: 'eni-0f9e8d7c6b5a49382',
  privateAddress: '172.31.18.44',
  publicAddress: '54.85.112.7',
} as const

/** The interface of a NAT gateway, in eu-west-1. */
export const natInterface = {
  id: 'eni-0a8b7c6d5e4f30291',
  privateAddress: '10.0.4.12',
  publicAddress: '34.248.19.203',
} as const

/** Of the machine whose role decrypts, in the article's trail. */
export const readerInterface = {
  id: 'eni-0d1c2b3a495867768',
  privateAddress: '172.31.20.9',
  publicAddress: '157.230.162.15',
} as const

/** Of the machine from which the user of continuous integration tries to run instances. */
export const runnerInterface = {
  id: 'eni-0e2d3c4b5a6978879',
  privateAddress: '172.31.20.77',
  publicAddress: '107.170.20.63',
} as const

export const webInstance = 'i-0123456789abcdef0'
export const readerInstance = 'i-0a1b2c3d4e5f60718'
export const runnerInstance = 'i-0b2c3d4e5f6071829'
