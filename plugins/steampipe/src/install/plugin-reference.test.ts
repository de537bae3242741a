import { describe, expect, test } from 'vitest'
import { fullName, parsePluginReference } from './plugin-reference.js'

describe('names of plugins', () => {
  test.each([
    ['net', 'hub.steampipe.io/plugins/turbot/net@latest'],
    ['net@1.2.3', 'hub.steampipe.io/plugins/turbot/net@1.2.3'],
    ['net@^1.0', 'hub.steampipe.io/plugins/turbot/net@^1.0'],
    ['net@>=1.0, <2', 'hub.steampipe.io/plugins/turbot/net@>=1.0, <2'],
    ['francois2metz/airtable', 'hub.steampipe.io/plugins/francois2metz/airtable@latest'],
    ['hub.steampipe.io/plugins/turbot/net@latest', 'hub.steampipe.io/plugins/turbot/net@latest'],
    ['steampipe:net', 'hub.steampipe.io/plugins/turbot/net@latest'],
    ['steampipe/net@0.12', 'hub.steampipe.io/plugins/turbot/net@0.12'],
    ['ghcr.io/acme/steampipe/plugins/acme/one@latest', 'ghcr.io/acme/steampipe/plugins/acme/one@latest'],
    ['localhost.test:5000/acme/one', 'localhost.test:5000/acme/one@latest'],
    ['local/mine', 'hub.steampipe.io/plugins/local/mine@latest'],
  ])('%s', (text, name) => {
    const reference = parsePluginReference(text)
    expect(reference && fullName(reference)).toBe(name)
  })

  test.each(['', 'Net', '../net', '/net', 'net@', 'a//b', 'net@../..', '@acme/net', './net', 'net@a/b'])(
    'none: %j',
    (text) => {
      expect(parsePluginReference(text)).toBeUndefined()
    },
  )
})
