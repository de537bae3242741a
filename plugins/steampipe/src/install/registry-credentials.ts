/** Credentials of registries, where Docker keeps them. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Gives `user:password` for a registry; undefined where there is none, and access is anonymous. */
export type RegistryCredentials = (registry: string) => Promise<string | undefined>

const configSchema = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
})

/** A helper's name becomes part of a command's. */
const helperName = /^[\w-]+$/

/**
 * Reads `config.json` of Docker, in `DOCKER_CONFIG` or `~/.docker`, and asks its helpers.
 * https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export function dockerCredentials(
  environment: Readonly<Record<string, string | undefined>>,
): RegistryCredentials {
  const { DOCKER_CONFIG, HOME = '' } = environment
  const path = join(DOCKER_CONFIG ?? join(HOME, '.docker'), 'config.json')
  return async (registry) => {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    const parsed = text === undefined ? undefined : configSchema.safeParse(jsonOf(text))
    if (parsed?.success !== true) return undefined
    const { auths = {}, credHelpers = {}, credsStore } = parsed.data
    const auth = auths[registry]?.auth ?? auths[`https://${registry}`]?.auth
    if (auth !== undefined && auth !== '') return Buffer.from(auth, 'base64').toString('utf8')
    const helper = credHelpers[registry] ?? (registry in auths ? credsStore : undefined)
    return helper !== undefined && helperName.test(helper) ? askHelper(helper, registry) : undefined
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const answerSchema = z.object({ Username: z.string(), Secret: z.string() })

function askHelper(helper: string, registry: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile(`docker-credential-${helper}`, ['get'], { timeout: 10_000 }, (error, stdout) => {
      const answer = error === null ? answerSchema.safeParse(jsonOf(stdout)) : undefined
      resolve(answer?.success === true ? `${answer.data.Username}:${answer.data.Secret}` : undefined)
    })
    child.stdin?.on('error', () => {}).end(registry)
  })
}
