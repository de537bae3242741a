/** shodan_account_profile: whose the key is. */
import { bigint, boolean, fieldsOf, text, timestamptz } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isAccount } from '../expected-answers.js'
import { booleanOrNull, integerOrNull, textOrNull, timeOrNull } from '../values.js'

export const shodanAccountProfile = defineTable({
  name: 'shodan_account_profile',
  description: 'One row: the account that the key belongs to.',
  columns: {
    display_name: text('The name of the account.'),
    member: boolean('Whether it is a member.'),
    credits: bigint('The export credits that are left.'),
    created: timestamptz('When it was made.'),
  },
  keys: {},
  calls: [{ name: 'account/profile' }],
  async *list({ call, connection }) {
    const data = fieldsOf(
      await call('account/profile', (signal) =>
        connection.get({ path: '/account/profile', signal }, isAccount),
      ),
    )
    yield [
      {
        display_name: textOrNull(data.display_name),
        member: booleanOrNull(data.member),
        credits: integerOrNull(data.credits),
        created: timeOrNull(data.created),
      },
    ]
  },
  examples: [
    { title: 'The account', sql: 'select display_name, member, credits from shodan_account_profile' },
  ],
})
