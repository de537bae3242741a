/**
 * What the checks of all drivers for Node.js share: one line a check, and what the article's join gives.
 *
 * MILLRACE_URL says where Millrace is, SANDBOX_URL where the stand-ins for its APIs are; the working directory is
 * the repository's root.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export const url = process.env.MILLRACE_URL
export const articleLogGroup = 'cloudtrail-cwg-devto'
/** A log group of 20,000 generated events. */
export const manyEvents = 'drivers/many-events'
export const articleJoin = readFileSync('examples/article/3-geolocate.sql', 'utf8')
/** The six rows of the article's join, in the order of the addresses as texts. */
export const articleRows = readFileSync('.ci/geolocated.txt', 'utf8').trim().split('\n')
/** The article's join with a parameter in place of the log group's name. */
export const joinWithParameter = articleJoin.replace(`'${articleLogGroup}'`, '$1')

const driver = basename(dirname(process.argv[1]))
const counts = { passed: 0, failed: 0, skipped: 0 }

/**
 * Runs a check and prints whether it held.
 * @param {string} name
 * @param {() => Promise<void>} run
 * @param {string} [known] why it is known to fail, which then does not fail the run
 */
export async function check(name, run, known) {
  try {
    await run()
    counts.passed++
    console.log(`${driver}: ok ${name}`)
  } catch (error) {
    if (known !== undefined) {
      counts.skipped++
      console.log(`${driver}: known: ${name}: ${known} (${error.message})`)
    } else {
      counts.failed++
      console.log(`${driver}: FAILED ${name}:`, error)
    }
  }
}

/** Prints what the checks came to. */
export function finish() {
  console.log(`${driver}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  process.exitCode = counts.passed > 0 && counts.failed === 0 ? 0 : 1
}

/** Rows of the article's join, as articleRows has them. */
export function lines(rows) {
  return rows.map((row) => Object.values(row).join('|')).sort()
}

/** Asks the sandbox's control. */
async function control(method, path, body) {
  const response = await fetch(`${process.env.SANDBOX_URL}/_sandbox/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}

/** Returns when so many calls run. The sandbox has no way to tell by itself. */
export async function untilInFlight(count) {
  const limit = performance.now() + 20_000
  while ((await control('GET', 'calls')).inFlight !== count) {
    if (performance.now() > limit) throw new Error(`there are not ${count} calls in flight after 20 s`)
    await pause(10)
  }
}

/** Runs something while ipstack takes calls and does not answer. At the end no call may be left. */
export async function whileIpstackHangs(run) {
  await control('DELETE', 'calls')
  await control('PUT', 'faults', [{ kind: 'hang', service: 'ipstack' }])
  try {
    await run()
    await untilInFlight(0)
    const { calls } = await control('GET', 'calls?service=ipstack')
    if (calls.length !== 1 || !calls[0].aborted) throw new Error(`calls of ipstack: ${JSON.stringify(calls)}`)
  } finally {
    await control('DELETE', 'faults')
  }
}
