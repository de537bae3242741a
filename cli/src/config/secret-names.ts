/** What the names of plugins' settings look like if they hold secrets. */
const secret = /token|secret|password|key/i

export function isSecretName(setting: string): boolean {
  return secret.test(setting)
}
