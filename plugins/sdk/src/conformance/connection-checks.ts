/** Whether connections fail as they should, and leave nothing open. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '../api-error.js'
import { Secrets } from '../http/secrets.js'
import { ConformanceFailure } from './conformance-failure.js'
import { runScan } from './run-scan.js'
import type { Check, Connections, Trial } from './trial.js'

/** A table's rows, asked for over a connection whose every call fails: refused, garbled or unanswered. */
export function failureChecks(
  trial: Trial,
  failing: Readonly<Record<string, Connections>>,
  secrets: readonly string[],
): Check[] {
  return Object.entries(failing).map(([what, connections]) => ({
    name: `failure ${what}`,
    async run() {
      const { outcome } = await trial.baseline()
      if (outcome.listCalls.length === 0) return
      const error = await connections.use((connection) =>
        trial.ends(
          'a scan that fails',
          runScan(trial.specification(connection, {})).then(
            () => undefined,
            (thrown: unknown) => thrown,
          ),
        ),
      )
      if (error === undefined) throw new ConformanceFailure('the scan does not fail')
      if (!ApiError.is(error)) {
        throw new ConformanceFailure(
          `the scan fails with ${withoutSecrets(String(error), secrets)}, which is no ApiError`,
        )
      }
      const texts = {
        message: error.message,
        code: error.code,
        detail: error.detail,
        hint: error.hint,
        cause: String(error.cause),
      }
      for (const [place, text = ''] of Object.entries(texts)) {
        const hidden = withoutSecrets(text, secrets)
        if (hidden !== text)
          throw new ConformanceFailure(`the ${place} of its error holds a secret: ${hidden}`)
      }
      if (error.message.trim() === '') throw new ConformanceFailure('the error has no message')
    },
  }))
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return new Secrets({
    query: Object.fromEntries(secrets.map((secret, index) => [String(index), secret])),
  }).hideIn(text)
}

/**
 * Whether connections are closed with all that they have opened. What a plugin opens once for all connections is not
 * counted: only what is there once more after another connection.
 */
export function leftOpenCheck(trials: readonly Trial[], patience: number): Check {
  const useOnce = async () => {
    for (const trial of trials) {
      await trial.scan({ limit: 1 })
    }
  }
  return {
    name: 'nothing left open',
    async run() {
      await useOnce()
      const before = await settled(() => true, patience)
      await useOnce()
      const after = await settled((resources) => more(resources, before).length === 0, patience)
      const left = more(after, before)
      if (left.length > 0) throw new ConformanceFailure(`a closed connection leaves open: ${left.join(', ')}`)
    },
  }
}

/** Of Node.js's own bookkeeping; they come and go without connections. */
const passing = new Set(['Immediate', 'TickObject', 'FSReqPromise', 'FSReqCallback', 'CloseReq'])

/** What is open as soon as a condition is fulfilled; the other end of a socket takes its time to notice. */
async function settled(
  condition: (resources: Readonly<Record<string, number>>) => boolean,
  patience: number,
): Promise<Readonly<Record<string, number>>> {
  const since = performance.now()
  let resources = openResources()
  let least = resources
  // Sockets close by themselves, and no event of this process tells when the last one has.
  while (performance.now() - since < Math.min(patience, 2_000)) {
    await sleep(20)
    resources = openResources()
    if (condition(resources) && more(least, resources).length === 0) {
      if (performance.now() - since > 100) return resources
    }
    least = resources
  }
  return resources
}

function openResources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (!passing.has(kind)) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** The kinds of which there are more than before. */
function more(after: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): string[] {
  return Object.entries(after).flatMap(([kind, count]) => {
    const added = count - (before[kind] ?? 0)
    return added > 0 ? [`${added} ${kind}`] : []
  })
}
