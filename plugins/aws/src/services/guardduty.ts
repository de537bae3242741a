import type { GuardDuty } from '@aws-sdk/client-guardduty'
import type { AwsService } from './aws-service.js'

export const guardDuty: AwsService<GuardDuty> = {
  name: 'GUARDDUTY',
  actions: 'guardduty',
  rest: 'json',
  client: async (settings) => new (await import('@aws-sdk/client-guardduty')).GuardDuty(settings),
}
