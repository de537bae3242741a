/**
 * What the sandbox was asked since it was last told to forget: each call, and whether an address was looked up twice,
 * which is a fault. `node examples/asked.mjs [--forget]`
 */
import process from 'node:process'

const { SANDBOX_URL } = process.env
if (SANDBOX_URL === undefined) throw new Error('SANDBOX_URL is not set: run this by examples/with-sandbox')
const url = `${SANDBOX_URL}/_sandbox/calls`

if (process.argv[2] === '--forget') {
  await fetch(url, { method: 'DELETE' })
} else {
  const answer = await fetch(url)
  const { calls } = await answer.json()
  const asked = calls.filter(({ service }) => service === 'logs' || service === 'ipstack')
  for (const { service, operation, parameters } of asked) {
    const text = JSON.stringify(parameters)
    console.log(`  ${service} ${operation} ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`)
  }
  const addresses = asked.flatMap(({ parameters }) => parameters.addresses ?? [])
  const twice = addresses.filter((address, index) => addresses.indexOf(address) !== index)
  console.log(`  ${asked.length} calls, ${addresses.length} addresses`)
  if (twice.length > 0) {
    console.error(`Asked more than once: ${twice.slice(0, 20).join(', ')}`)
    process.exit(1)
  }
}
