import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultHome } from './home.js'

test('MILLRACE_HOME names the home, and may be relative', () => {
  expect(defaultHome({ MILLRACE_HOME: '/srv/millrace' })).toBe('/srv/millrace')
  expect(defaultHome({ MILLRACE_HOME: 'state' })).toBe(join(process.cwd(), 'state'))
})

test.each([{}, { MILLRACE_HOME: '' }])('the default depends on the account: %j', (environment) => {
  const expected = process.getuid?.() === 0 ? '/var/lib/millrace' : join(homedir(), '.millrace')
  expect(defaultHome(environment)).toBe(expected)
})
