/** What goes wrong in a plugin, as the error of a query. */
import { ApiError } from '@millrace/plugin-sdk'
import { RpcError } from '../protocol/rpc-error.js'

/**
 * @param before what the error begins with: the call's name, where the engine does not say it
 * @returns the error itself, unless it is one of the protocol's
 */
export function pluginFailure(error: unknown, connection: string, before = ''): unknown {
  if (!(error instanceof RpcError)) return error
  return new ApiError(before + plainText(error.message, connection), { cause: error })
}

/** Without what gRPC and the SDK put before the plugin's own words, as often as they do. */
function plainText(message: string, connection: string): string {
  let text = message
  for (;;) {
    const shorter = text
      .replace(/^rpc error: code = \w+ desc = /, '')
      .replace(text.startsWith(`${connection}: `) ? `${connection}: ` : '', '')
    if (shorter === text) return text
    text = shorter
  }
}

/** Whether the get function has found its key in several places, such as regions; the error may be the cause of others. */
export function isNotUnique(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof RpcError) return one.message.includes('not globally unique')
  }
  return false
}
