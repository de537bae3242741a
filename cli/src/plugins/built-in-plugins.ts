/** The plugins that Millrace brings along. */

export type Load = () => Promise<{ readonly default: unknown }>

/** By name; loaded only when a connection uses them: AWS's SDK takes its time. */
export const builtIn: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['aws', () => import('@millrace/plugin-aws/plugin')],
  ['ipstack', () => import('@millrace/plugin-ipstack/plugin')],
  ['net', () => import('@millrace/plugin-net/plugin')],
  ['abuseipdb', () => import('@millrace/plugin-abuseipdb/plugin')],
  ['shodan', () => import('@millrace/plugin-shodan/plugin')],
  ['file', () => import('@millrace/plugin-file/plugin')],
  ['http_json', () => import('@millrace/plugin-http-json/plugin')],
])
