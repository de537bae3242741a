import type { Key } from '@millrace/plugin-sdk'

/** Whether a key's column is never NULL, since it only repeats what must be asked for; others may be NULL. */
export function isNeverNull(key: Key | undefined): boolean {
  return key?.require === 'required' && key.inherent !== true
}
