/** Says why conditions stay with PostgreSQL, in EXPLAIN and in millrace.scan. */
import type { NotPushed } from '../plan/not-pushed.js'
import { operatorName } from './qual-text.js'

export function notPushedWords(reason: NotPushed): string {
  switch (reason.kind) {
    case 'no key':
      return `the API takes no condition on ${reason.column}`
    case 'operator':
      return `on ${reason.column}, the API takes only ${reason.taken.map(operatorName).join(', ')}`
    case 'column type':
      return `a view keeps ${reason.column} at an earlier type`
    case 'later rows':
      return 'its values stand in rows that are fetched later'
    case 'volatile':
      return `${reason.functionName}() may give another result each time`
    case 'not evaluated apart':
      return 'its value cannot be known before the statement runs'
    case 'bound by row':
      return 'its bound differs from row to row'
    case 'collation':
      return 'by a collation of this database, texts may be equal that are not the same'
    case 'digits':
      return "by this database's locale, digits are more than 0 to 9"
    case 'outer join':
      return 'an outer join keeps rows that fail it'
    case 'form':
      return 'it does not compare a column alone with a value that is known before'
    case 'inexact':
      return `its value is none that ${reason.column} can hold exactly`
  }
}
