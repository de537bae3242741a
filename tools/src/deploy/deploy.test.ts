/** What examples/deploy gives to service managers: their own checkers find nothing, and it fits what Millrace does. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Service } from 'kubernetes-models/v1/Service'
import { settingTable } from 'millrace/config/setting-table'
import { readSettings } from 'millrace/config/settings'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'

const root = new URL('../../../', import.meta.url)
const unit = await readFile(new URL('examples/deploy/millrace.service', root), 'utf8')
const manifest = await readFile(new URL('examples/deploy/kubernetes.yaml', root), 'utf8')
const dockerfile = await readFile(new URL('Dockerfile', root), 'utf8')

/** Seconds that a stop may take beside the grace: PostgreSQL's fast shutdown, then its immediate one, and the farewells. */
const stopBesideGrace = 25

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-deploy-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const hasSystemd = await promisify(execFile)('systemd-analyze', ['--version']).then(
  () => true,
  () => false,
)

describe('the unit of systemd', () => {
  /** What systemd says of a unit whose program is there, and whether it is content. */
  async function analyse(text: string, ...command: readonly string[]) {
    const path = join(await temporaryFolder(), 'millrace.service')
    await writeFile(path, text.replace('/usr/local/bin/millrace', process.execPath))
    return promisify(execFile)('systemd-analyze', [...command, path]).then(
      ({ stderr }) => ({ isContent: true, said: stderr }),
      ({ stderr }) => ({ isContent: false, said: String(stderr) }),
    )
  }

  test.runIf(hasSystemd)('is one in which systemd finds nothing, and which is hardened', async () => {
    expect(await analyse(unit, 'verify', '--man=no')).toEqual({ isContent: true, said: '' })
    const mistaken = unit.replace('Restart=on-failure', 'Restart=sometimes')
    expect((await analyse(mistaken, 'verify', '--man=no')).said).toContain('restart specifier')
    // Of 100: 0 would be a unit that can do nothing.
    const threshold = ['security', '--offline=true', '--threshold=20']
    expect(await analyse(unit, ...threshold)).toEqual({ isContent: true, said: '' })
    const open = unit.replace(/^(?:Protect|Private|Restrict|SystemCall|Capability|NoNew).*$/gm, '')
    expect((await analyse(open, ...threshold)).isContent).toBe(false)
  })

  test('consists of sections and settings', () => {
    for (const line of unit.split('\n'))
      expect(line).toMatch(/^(?:#.*|\[(?:Unit|Service|Install)\]|[A-Z]\w+=.*|)$/)
  })

  test('waits for longer than a stop takes', () => {
    const timeout = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
    expect(timeout).toBeGreaterThan(Number(settingTable['shutdown.grace_seconds'].usual) + stopBesideGrace)
  })
})

const kinds = { ConfigMap, Service, StatefulSet }

const documents = parseAllDocuments(manifest).map((document) => document.toJS())

/** By Kubernetes' own schemas. @throws Error that names the field */
function validate(document: { readonly kind: keyof typeof kinds }): void {
  const Kind = kinds[document.kind] as new (data: object) => { validate(): void }
  new Kind(document).validate()
}

/** A copy of a document with something else at a path. */
function changed(kind: string, path: readonly (string | number)[], value: unknown) {
  const copy = structuredClone(documents.find((one) => one.kind === kind))
  const last = path.at(-1) ?? ''
  const parent = path.slice(0, -1).reduce((within, name) => within[name], copy)
  parent[last] = value
  return copy
}

const workload = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.object({
          runAsNonRoot: z.literal(true),
          runAsUser: z.int(),
          seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
        }),
        containers: z.tuple([
          z.object({
            args: z.array(z.string()),
            ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
            env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
            readinessProbe: z.object({ httpGet: z.object({ path: z.literal('/health/ready') }) }),
            livenessProbe: z.object({ httpGet: z.object({ path: z.literal('/health/live') }) }),
            securityContext: z.object({
              allowPrivilegeEscalation: z.literal(false),
              readOnlyRootFilesystem: z.literal(true),
              capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
            }),
          }),
        ]),
      }),
    }),
  }),
})

describe('the manifest for Kubernetes', () => {
  test('holds what the schemas of Kubernetes allow', () => {
    expect(documents.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Service', 'StatefulSet'])
    for (const document of documents) expect(() => validate(document)).not.toThrow()
  })

  test.each([
    ['Service', ['spec', 'ports', 0, 'port'], 'postgres'],
    [
      'StatefulSet',
      ['spec', 'template', 'spec', 'containers', 0, 'readinessProbe', 'httpGet', 'port'],
      undefined,
    ],
    ['StatefulSet', ['spec', 'replicas'], 'one'],
    ['ConfigMap', ['data', 'millrace.yaml'], { cache: {} }],
  ])('would not do with another value in %s at %s', (kind, path, value) => {
    expect(() => validate(changed(kind, path, value))).toThrow()
  })

  const { spec } = workload.parse(documents.find(({ kind }) => kind === 'StatefulSet')).spec.template
  const [container] = spec.containers

  test('runs the image as its own user, with nothing to write to but its volumes', () => {
    expect(spec.securityContext.runAsUser).toBe(Number(/--uid (\d+)/.exec(dockerfile)?.[1]))
    const [program] = z
      .array(z.array(z.string()))
      .parse([JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]')])
    expect(container.args).toEqual(program)
    expect(container.ports.find(({ name }) => name === 'postgres')?.containerPort).toBe(
      settingTable['listen.port'].usual,
    )
  })

  test('has a configuration that Millrace reads as Kubernetes mounts it, and longer patience than its grace', async () => {
    const home = await temporaryFolder()
    const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(documents[0])
    const mounted = join(home, 'config')
    await mkdir(join(mounted, '..2026_11_29'), { recursive: true })
    await symlink('..2026_11_29', join(mounted, '..data'))
    for (const [name, text] of Object.entries(data)) {
      await writeFile(join(mounted, '..2026_11_29', name), text)
      await symlink(join('..data', name), join(mounted, name))
    }
    const variables = container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))
    const settings = await readSettings({ MILLRACE_HOME: home, ...Object.fromEntries(variables) })
    expect(settings.notices).toEqual([])
    expect([...settings.connections.keys()]).toEqual(['aws', 'ipstack'])
    const { port } = z.object({ port: z.int() }).parse({ port: settings.values['monitoring.port'] })
    expect(container.ports.find(({ name }) => name === 'monitoring')?.containerPort).toBe(port)
    const grace = settings.values['shutdown.grace_seconds']
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(grace + stopBesideGrace)
  })
})
