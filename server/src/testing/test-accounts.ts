/** Accounts of a gateway without a service. */
import { Accounts, noCeilings } from '../startup/accounts.js'
import { makeVerifier } from '../startup/scram-verifier.js'

/** One user, with a password. */
export async function accountsOf(name: string, password: string): Promise<Accounts> {
  const accounts = new Accounts()
  const verifier = await makeVerifier(password)
  accounts.set([{ name, verifier, certificate: undefined, ceilings: noCeilings }])
  return accounts
}
