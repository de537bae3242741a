import type { Instance } from '@aws-sdk/client-ec2'

/** In the reason of one that has stopped: `User initiated (2019-09-12 16:38:34 GMT)`. */
const timeInReason = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT\)/

const endings: readonly (string | undefined)[] = ['shutting-down', 'terminated', 'stopping', 'stopped']

/** When an instance came into its state, as far as it is told: else its start. */
export function stateTransitionTime({
  State,
  StateTransitionReason = '',
  LaunchTime,
}: Partial<Instance>): Date | undefined {
  const [, day, time] = timeInReason.exec(StateTransitionReason) ?? []
  const told = new Date(`${day}T${time}Z`)
  return endings.includes(State?.Name) && !Number.isNaN(told.getTime()) ? told : LaunchTime
}
