/** The value of a cell, whole. */
import type { Column, Value } from '../../protocol/messages.js'
import { identifier, literal } from '../run/shape.js'
import { isJson } from './column-kinds.js'
import { JsonTree } from './json-tree.js'

export interface CellViewProps {
  readonly column: Column
  readonly value: Value | undefined
  readonly row: number
  /** Undefined where the result cannot be filtered by it. */
  readonly onFilter: (() => void) | undefined
  readonly onClose: () => void
}

export function CellView({ column, value, row, onFilter, onClose }: CellViewProps) {
  const json = typeof value === 'string' && isJson(column) ? parsed(value) : undefined
  return (
    <aside class="cell-view" aria-label="Value">
      <header>
        <div>
          <h2 class="mono">{column.name}</h2>
          <span class="quiet">
            {column.type}, row {row + 1}
          </span>
        </div>
        <button type="button" class="plain" aria-label="Close the value" onClick={onClose}>
          ×
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard, too */}
      <div class="cell-body" tabIndex={0}>
        {value === undefined && <p class="quiet">on its way</p>}
        {value === null && <p class="quiet">null</p>}
        {typeof value === 'string' && json === undefined && <pre>{value}</pre>}
        {json !== undefined && <JsonTree value={json.value} />}
      </div>
      <footer>
        <button type="button" onClick={() => void navigator.clipboard.writeText(value ?? '')}>
          Copy
        </button>
        {onFilter !== undefined && (
          <button type="button" onClick={onFilter} title={conditionText(column.name, value)}>
            Only rows like this
          </button>
        )}
      </footer>
    </aside>
  )
}

function conditionText(column: string, value: Value | undefined): string {
  return value === null || value === undefined
    ? `${identifier(column)} is null`
    : `${identifier(column)} = ${literal(value)}`
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
