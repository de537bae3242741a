/** Faults on request: what goes wrong, for which calls, how often. */
import { z } from 'zod'
import { Random } from './random.js'

const scope = {
  /**
   * The service whose calls are meant (`logs`, `cloudtrail`, `s3`, `sts`, `ec2`, `iam`, `organizations`, `ipstack`,
   * `abuseipdb`, `shodan`, `inventory`, `dns`, `pki`).
   */
  service: z.string().optional(),
  /** The operation whose calls are meant (`FilterLogEvents`, `bulk`, ...). */
  operation: z.string().optional(),
  region: z.string().optional(),
  /** The number of matching calls that the fault meets. */
  times: z.number().int().positive().optional(),
  /** The number of matching calls that pass first. */
  after: z.number().int().nonnegative().optional(),
  /** The share of the matching calls that the fault meets, 0 to 1, drawn from a seeded source. */
  rate: z.number().min(0).max(1).optional(),
}

const status = z.number().int().min(200).max(599).optional()

/** The shape of a fault, also at the control endpoint. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Answers come this much later. Several latencies add up. */
  z.strictObject({ kind: z.literal('latency'), milliseconds: z.number().nonnegative(), ...scope }),
  /** The API says that it is asked too often; with perSecond, only where more calls come in a second. */
  z.strictObject({
    kind: z.literal('throttle'),
    perSecond: z.number().positive().optional(),
    status,
    code: z.string().optional(),
    message: z.string().optional(),
    ...scope,
  }),
  /** The API answers with an error, HTTP 500 by default. */
  z.strictObject({
    kind: z.literal('error'),
    status,
    code: z.string().optional(),
    message: z.string().optional(),
    ...scope,
  }),
  /** The socket is destroyed after this many bytes of the answer's body; by default in the middle. */
  z.strictObject({ kind: z.literal('cut'), afterBytes: z.number().int().nonnegative().optional(), ...scope }),
  /** The call gets no answer, until the client goes away. */
  z.strictObject({ kind: z.literal('hang'), ...scope }),
])

export type Fault = z.infer<typeof faultSchema>
export type FaultKind = Fault['kind']

interface ActiveFault {
  readonly fault: Fault
  skip: number
  left: number
  /** When the calls of the last second came, for perSecond. */
  recent: number[]
}

interface CallScope {
  readonly service: string
  readonly operation: string
  readonly region: string | undefined
}

export class Faults {
  #active: ActiveFault[] = []
  readonly #random: Random

  constructor(seed = 1) {
    this.#random = new Random(seed)
  }

  /** Adds a fault; returns a function that removes it. */
  add(fault: Fault): () => void {
    const active: ActiveFault = {
      fault: faultSchema.parse(fault),
      skip: fault.after ?? 0,
      left: fault.times ?? Number.POSITIVE_INFINITY,
      recent: [],
    }
    this.#active.push(active)
    return () => {
      this.#active = this.#active.filter((other) => other !== active)
    }
  }

  list(): readonly Fault[] {
    return this.#active.map((active) => active.fault)
  }

  clear(): void {
    this.#active = []
  }

  /** The faults that a call meets, each of which is thereby used once. */
  meet(call: CallScope): readonly Fault[] {
    const met = this.#active.filter((active) => applies(active.fault, call) && this.#use(active))
    this.#active = this.#active.filter((active) => active.left > 0)
    return met.map((active) => active.fault)
  }

  #use(active: ActiveFault): boolean {
    if (active.skip > 0) {
      active.skip -= 1
      return false
    }
    const { fault } = active
    if (fault.rate !== undefined && this.#random.fraction() >= fault.rate) return false
    if (fault.kind === 'throttle' && fault.perSecond !== undefined) {
      const now = performance.now()
      active.recent = active.recent.filter((at) => at > now - 1000)
      if (active.recent.length < fault.perSecond) {
        active.recent.push(now)
        return false
      }
    }
    active.left -= 1
    return true
  }
}

function applies(fault: Fault, call: CallScope): boolean {
  return (
    (fault.service === undefined || fault.service === call.service) &&
    (fault.operation === undefined || fault.operation === call.operation) &&
    (fault.region === undefined || fault.region === call.region)
  )
}
