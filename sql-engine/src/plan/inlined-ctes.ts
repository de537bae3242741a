import type { Cte } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { isDiscardable } from './discardable.js'

/** Whether PostgreSQL puts a CTE's query in place of its name, and leaves out of it what nobody reads. */
export function isInlined({ node, references, recursive }: Cte, functions: FunctionTraits): boolean {
  return (
    node.ctematerialized !== 'CTEMaterializeAlways' &&
    (references === 1 || node.ctematerialized === 'CTEMaterializeNever') &&
    !recursive &&
    isDiscardable(node.ctequery, functions)
  )
}
