/** Where a service listens, as the command line may say it instead of the configuration. */
import type { Settings } from '../config/settings.js'

export interface Listening {
  /** For clients of this machine only, or of its networks too. */
  readonly listen?: 'local' | 'network' | undefined
  /** 0 for any that is free. */
  readonly port?: number | undefined
}

const hosts = { local: '127.0.0.1', network: '0.0.0.0' } as const

/** The settings with what the command line says in place of theirs. */
export function withListening(settings: Settings, { listen, port }: Listening): Settings {
  const host = listen === undefined ? settings.listen.host : hosts[listen]
  return { ...settings, listen: { host, port: port ?? settings.listen.port } }
}

/** The arguments of a command that say the same. */
export function argumentsOf({ listen, port }: Listening): string[] {
  return [
    ...(listen === undefined ? [] : ['--listen', listen]),
    ...(port === undefined ? [] : ['--port', String(port)]),
  ]
}
