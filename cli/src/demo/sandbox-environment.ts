import type { Environment } from '../config/settings.js'

/** What leads plugins to the real services. */
const forServices = /^(?:AWS|IPSTACK|ABUSEIPDB|SHODAN)_/

/**
 * The environment of a process that must ask only the sandbox: its own, without what leads to the real services, and
 * with what leads to the sandbox.
 * @param sandbox variables by name; those that are empty must not be set
 */
export function sandboxEnvironment(own: Environment, sandbox: Environment): Environment {
  const kept = Object.entries(own).filter(([name]) => !forServices.test(name))
  const added = Object.entries(sandbox).filter(([, value]) => value !== '')
  return Object.fromEntries([...kept, ...added])
}
