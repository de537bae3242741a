/** The Dockerfile, as far as that can be judged without an engine that builds it. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { DockerfileParser } from 'dockerfile-ast'
import { ValidationSeverity, validate } from 'dockerfile-utils'
import { settingTable } from 'millrace/config/setting-table'
import { expect, test } from 'vitest'
import { imageFaults } from './image-rules.js'

const root = new URL('../../../', import.meta.url)
const text = await readFile(new URL('Dockerfile', root), 'utf8')
const facts = { port: Number(settingTable['listen.port'].usual) }

/** What the linter says, each with its line. */
function lint(content: string): string[] {
  const strict = ValidationSeverity.ERROR
  return validate(content, {
    deprecatedMaintainer: strict,
    directiveCasing: strict,
    emptyContinuationLine: strict,
    instructionCasing: strict,
    instructionCmdMultiple: strict,
    instructionEntrypointMultiple: strict,
    instructionHealthcheckMultiple: strict,
    instructionJSONInSingleQuotes: strict,
    instructionWorkdirRelative: strict,
  }).map(({ message, range }) => `${range.start.line + 1}: ${message}`)
}

test('the linter finds nothing', () => {
  expect(lint(text)).toEqual([])
})

test('the image keeps to the rules', () => {
  expect(imageFaults(text, facts)).toEqual([])
})

test('what is copied from the clone is there', () => {
  const copies = DockerfileParser.parse(text)
    .getCOPYs()
    .filter((copy) => copy.getFromFlag() === null)
  const sources = copies.flatMap((copy) => copy.getArguments().slice(0, -1))
  expect(sources.map((source) => [source.getValue(), existsSync(new URL(source.getValue(), root))])).toEqual([
    ['.', true],
  ])
})

test.each([
  ['USER millrace\n', '', 'the image runs as root'],
  ['USER millrace\n', 'USER 0:0\n', 'the image runs as root'],
  ['AS millrace\n', 'AS millrace\nUSER millrace\n', undefined],
  [/^HEALTHCHECK.*\n/m, '', 'the image has no HEALTHCHECK'],
  ['EXPOSE 9193', 'EXPOSE 5432', 'the image does not expose 9193'],
  ['VOLUME /var/lib/millrace', 'VOLUME /data', 'MILLRACE_HOME is no VOLUME'],
  ['ENTRYPOINT ["millrace"]', 'ENTRYPOINT millrace', 'ENTRYPOINT is not a list'],
  ['--from=install', '--from=installed', 'there is no stage installed'],
  ['FROM node:22-bookworm-slim AS build', 'FROM node AS build', 'node has no tag'],
  ['COPY . .', 'ADD . .', 'ADD fetches'],
])('a rule finds %s where it is %j', (from, to, fault) => {
  const changed = text.replace(from, to)
  expect(changed).not.toBe(text)
  expect(imageFaults(changed, facts)).toEqual(fault === undefined ? [] : [expect.stringContaining(fault)])
})

test.each([
  ['EXPOSE 9193', 'EXPOSE port', 'Invalid containerPort'],
  ['WORKDIR /source', 'WORKDIR source', 'absolute'],
  ['COPY . .', 'COPPY . .', 'COPPY'],
])('the linter finds %s where it is %j', (from, to, said) => {
  expect(lint(text.replace(from, to)).join('\n')).toContain(said)
})
