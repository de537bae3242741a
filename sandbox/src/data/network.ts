/** Network interfaces of the article's account, to which elastic addresses, instances and flow log records refer. */

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

export const webInstance = 'i-0123456789abcdef0'
