import { expect, it } from 'vitest'
import { sandboxEnvironment } from './sandbox-environment.js'

it('leads to the sandbox only, and leaves everything else as it is', () => {
  const own = {
    PATH: '/bin',
    AWS_PROFILE: 'work',
    AWS_ACCESS_KEY_ID: 'AKIAREAL',
    AWS_ENDPOINT_URL_STS: 'https://sts.example',
    IPSTACK_TOKEN: 'real',
  }
  const sandbox = {
    AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
    AWS_PROFILE: '',
    IPSTACK_ENDPOINT: 'http://127.0.0.1:1',
  }
  expect(sandboxEnvironment(own, sandbox)).toEqual({
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
    IPSTACK_ENDPOINT: 'http://127.0.0.1:1',
  })
})
