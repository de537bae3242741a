import { expect, it } from 'vitest'
import { placeOf, plainValue } from './located.js'
import { readYaml } from './read-yaml.js'

it('YAML has values with places, comments, anchors and aliases', () => {
  const text =
    '# one\nbase: &base { plugin: aws }\nconnections:\n  a: *base\n  b:\n    plugin: x # two\n    n: [1, true, null]\n'
  const { root, faults } = readYaml('a.yaml', text)
  expect(faults).toEqual([])
  expect(plainValue(root)).toEqual({
    base: { plugin: 'aws' },
    connections: { a: { plugin: 'aws' }, b: { plugin: 'x', n: [1, true, null] } },
  })
  expect(placeOf(root, ['connections', 'b', 'n', 1])).toEqual({ file: 'a.yaml', line: 7 })
})

it('a file of comments only says nothing', () => {
  expect(readYaml('a.yaml', '# nothing yet\n')).toMatchObject({ root: { entries: new Map() }, faults: [] })
})

it.each([
  ['a: [1\nb: 2', /^is not YAML: /],
  ['a: *hush', /^the alias has no anchor before it$/],
  ['a: 1\na: 2', /^is not YAML: Map keys must be unique$/],
  ['- a', /^expected names with values: name: value$/],
  ['hush', /^expected names with values: name: value$/],
  [`a: ${'['.repeat(200)}${']'.repeat(200)}`, /^values are nested more than 100 deep$/],
  [
    `a: &a [${'x,'.repeat(200)}]\nb: &b [${'*a,'.repeat(200)}]\nc: [${'*b,'.repeat(200)}]\n`,
    /^there are too many values$/,
  ],
])('%j is refused in words, without an excerpt, which could hold a secret', (text, message) => {
  const [fault] = readYaml('a.yaml', text).faults
  expect(fault?.message).toMatch(message)
  expect(fault?.message).not.toContain('hush')
})
