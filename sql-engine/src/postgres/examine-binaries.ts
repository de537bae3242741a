/** Whether PostgreSQL's programs can run here, without starting or changing anything. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresAccount } from './account.js'
import { installedBinaries, whyNotRunning } from './native-binaries.js'
import { findNativePackage } from './native-package.js'

export interface ExaminedBinaries {
  readonly version: string
  /** The account that they run under, where it is not this process's. */
  readonly account: string | undefined
  /** Why they do not run where they are installed; a start then tries a copy in the home. */
  readonly refusal: string | undefined
  /** PostgreSQL's version that the home's data is of, where that is another one: no start can use it. */
  readonly otherData: string | undefined
}

/** @throws DatabaseError where there are none for this machine, or no account that they could run under */
export async function examineBinaries(home: string): Promise<ExaminedBinaries> {
  const data = join(home, 'data')
  const [installed, account] = await Promise.all([findNativePackage(), postgresAccount(data)])
  const binaries = installedBinaries(installed)
  const refusal = await whyNotRunning(binaries, account)
  const of = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  return {
    version: installed.version,
    account: account?.name,
    refusal: refusal?.message.trim(),
    otherData: of === '' || Number.parseInt(of, 10) === binaries.majorVersion ? undefined : of,
  }
}
