/** `millrace doctor`: what might keep Millrace from working here, and what to do about it. */
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { readSettings, type Settings } from '../config/settings.js'
import { withConnections } from '../connections/open.js'
import { reportOn } from '../connections/test-connections.js'
import { listenForInterruption } from '../interruption.js'
import { readable } from '../output/column.js'
import { type ExitCode, UserError } from '../user-error.js'
import type { Finding, Look } from './finding.js'
import { lookAtDisk, lookAtHome } from './home.js'
import { lookAtFiles, lookAtMemory, lookAtNode, lookAtPostgres } from './machine.js'
import { lookAtService } from './service.js'

/** @returns 1 where something keeps Millrace from starting */
export async function doctor(): Promise<0 | ExitCode> {
  const home = defaultHome(process.env)
  const { signal, release } = listenForInterruption()
  const counts = { ok: 0, warning: 0, problem: 0 }
  const tell = (findings: readonly Finding[]) => {
    for (const finding of findings) {
      counts[finding.state]++
      process.stdout.write(lineOf(finding))
    }
  }
  try {
    const settings = await settingsOrFault()
    const looks: Look[] = [
      async () => lookAtNode(),
      async () => lookAtEngine(home, settings),
      async () => lookAtMemory(),
      lookAtFiles,
      () => lookAtHome(home),
      () => lookAtDisk(home),
    ]
    for (const look of looks) tell(await look())
    if ('subject' in settings) tell([settings])
    else {
      tell([{ subject: 'settings', state: 'ok', said: 'can be read' }])
      tell(await lookAtService(home, settings.listen))
      tell(await lookAtConnections(signal))
    }
    process.stdout.write(`\n${summary(counts)}\n`)
    return counts.problem > 0 ? 1 : 0
  } catch (error) {
    if (signal.aborted) return 130
    throw error
  } finally {
    release()
  }
}

/** The PostgreSQL that a start would use. */
async function lookAtEngine(home: string, settings: Settings | Finding): Promise<Finding[]> {
  if ('subject' in settings || settings.values['engine.url'] === null) return lookAtPostgres(home)
  const { lookAtOwnPostgres } = await import('./own-postgres.js')
  return lookAtOwnPostgres(settings)
}

async function settingsOrFault(): Promise<Settings | Finding> {
  try {
    return await readSettings(process.env)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { subject: 'settings', state: 'problem', said: error.message, advice: 'see docs/configuration.md' }
  }
}

/** One that does not work keeps only its own queries from being answered. */
function lookAtConnections(signal: AbortSignal): Promise<Finding[]> {
  return withConnections(signal, async (opened) => {
    const reports = await Promise.all(opened.names.map((name) => reportOn(name, opened, signal)))
    return reports.map(({ text, isFailure }): Finding => {
      const [said = '', ...more] = text.trimEnd().split('\n')
      const rest = more.map((line) => line.trim().replace(/ {2,}/g, ': '))
      if (isFailure) return { subject: 'connection', state: 'warning', said, advice: rest.join(' ') }
      return { subject: 'connection', state: 'ok', said: [said, ...rest].join('; ') }
    })
  })
}

const marks = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' } as const

function lineOf({ subject, state, said, advice }: Finding): string {
  const head = `${marks[state].padEnd(8)} ${subject.padEnd(11)} `
  const more =
    advice === undefined || advice === '' ? '' : `${' '.repeat(head.length)}-> ${readable(advice)}\n`
  return `${head}${readable(said)}\n${more}`
}

function summary({ warning, problem }: { readonly warning: number; readonly problem: number }): string {
  const warnings = warning === 0 ? 'no warnings' : warning === 1 ? '1 warning' : `${warning} warnings`
  if (problem === 0) return `Millrace can start here; ${warnings}.`
  return `Millrace cannot start here before ${problem === 1 ? 'the problem is' : `the ${problem} problems are`} solved; ${warnings}.`
}
