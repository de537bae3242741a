/**
 * `npm run soak -- --minutes N`: a server under mixed load and unrest, for so long. Ends with exit status 1 where an answer
 * was wrong, a statement failed in the calm, or something did not return to where it was.
 */
import { parseArgs } from 'node:util'
import { soak } from './soak.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    clients: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})

console.log(`${values.minutes} minutes, ${values.clients} clients, seed ${values.seed}`)
const faults = await soak({
  seconds: Number(values.minutes) * 60,
  clients: Number(values.clients),
  seed: Number(values.seed),
  tell: console.log,
})
console.log(faults.length === 0 ? 'all is where it was' : `${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
