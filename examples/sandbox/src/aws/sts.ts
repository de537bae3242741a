/** AWS Security Token Service: who the caller is. */
import type { AwsService } from './aws-service.js'

export const sts: AwsService = {
  name: 'sts',
  protocol: 'query',
  identifier: '2011-06-15',
  throttlingCode: 'Throttling',
  operations: {
    GetCallerIdentity: (_input, { accountId, userArn, userId }) => ({
      text: `<Arn>${userArn}</Arn><UserId>${userId}</UserId><Account>${accountId}</Account>`,
    }),
  },
}
