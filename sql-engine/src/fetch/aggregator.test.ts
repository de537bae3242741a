import { text } from '@millrace/plugin-sdk'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { countingPlugin } from '../testing/counting-plugin.js'
import { narrowMembers, openAggregator } from './aggregator.js'
import { Connection } from './connection.js'

const log = pino({ level: 'silent' })
const table = { columns: { name: text('Name') }, keys: { name: { operators: ['='] as const } }, rows: [] }
const plugin = { ...countingPlugin({ thing: table }).plugin, name: 'things' }
const otherPlugin = { ...countingPlugin({ other: table }).plugin, name: 'others' }

const connections = [
  ...['a_1', 'a_2', 'a.3', 'b_1'].map((name) => new Connection({ name, plugin, settings: {} }, {}, log)),
  new Connection({ name: 'a_other', plugin: otherPlugin, settings: {} }, {}, log),
]
const open = (members: readonly string[]) => openAggregator({ name: 'all', plugin, members }, connections)
const namesOf = (members: readonly Connection[]) => members.map(({ name }) => name)

describe('members', () => {
  test.each([
    [['a_1'], ['a_1']],
    [['a_*'], ['a_1', 'a_2']],
    [
      ['a?1', 'a_2'],
      ['a_1', 'a_2'],
    ],
    [
      ['*_1', 'a_1', '*'],
      ['a_1', 'b_1', 'a_2', 'a.3'],
    ],
    [['a.*'], ['a.3']],
  ])('%j are %j', (patterns, expected) => {
    expect(namesOf(open(patterns).members)).toEqual(expected)
  })

  test.each([
    ['a_3', 'there is no connection "a_3" that could be its member'],
    ['c_*', 'no connection of the plugin things has a name like "c_*"'],
    ['a_other', 'its member "a_other" is a connection of the plugin others, not of things'],
    ['all', 'there is no connection "all" that could be its member'],
  ])('%s: an error', (pattern, message) => {
    expect(() => open(['a_1', pattern])).toThrow(
      expect.objectContaining({ sqlState: 'F0000', message: `aggregator "all": ${message}` }),
    )
  })
})

test('a condition on the connection leaves members out, and is none for the others', () => {
  const name = [{ operator: '=', values: ['x'] }] as const
  const aggregator = open(['a_*'])
  const { members } = aggregator
  expect(narrowMembers(aggregator, { name })).toEqual({ members, failed: [], quals: { name } })
  const narrowed = narrowMembers(aggregator, {
    name,
    sp_connection_name: [{ operator: '=', values: ['a_2'] }],
  })
  expect(namesOf(narrowed.members)).toEqual(['a_2'])
  expect(narrowed.quals).toEqual({ name })
  const others = narrowMembers(aggregator, { sp_connection_name: [{ operator: '<>', value: 'a_2' }] })
  expect(namesOf(others.members)).toEqual(['a_1'])
  expect(others.quals).toEqual({})
})
