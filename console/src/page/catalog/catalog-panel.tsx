/** What there is to be asked: connections, their tables, and the tables' columns. */
import { useMemo, useState } from 'preact/hooks'
import type {
  CatalogAnswer,
  CatalogColumn,
  CatalogConnection,
  CatalogTable,
} from '../../protocol/messages.js'
import { counted } from '../run/format.js'
import { identifier } from '../run/shape.js'

export interface CatalogPanelProps {
  readonly catalog: CatalogAnswer
  readonly onInsert: (sql: string) => void
}

/** Tables that are listed of a connection at once. */
const most = 200

export function CatalogPanel({ catalog, onInsert }: CatalogPanelProps) {
  const [words, setWords] = useState('')
  const found = useMemo(() => search(catalog.tables, words), [catalog, words])
  return (
    <div class="catalog">
      <input
        type="search"
        class="search"
        placeholder="Search tables and columns"
        aria-label="Search tables and columns"
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      {catalog.connections.map((connection) => (
        <Connection
          key={connection.name}
          connection={connection}
          tables={found.filter((table) => table.connection === connection.name)}
          isSearched={words.trim() !== ''}
          onInsert={onInsert}
        />
      ))}
      {found.length === 0 && <p class="quiet pad">No table has these words.</p>}
    </div>
  )
}

interface ConnectionProps {
  readonly connection: CatalogConnection
  readonly tables: readonly CatalogTable[]
  readonly isSearched: boolean
  readonly onInsert: (sql: string) => void
}

function Connection({ connection, tables, isSearched, onInsert }: ConnectionProps) {
  const { name, plugin, state, error } = connection
  if (isSearched && tables.length === 0) return null
  return (
    <details class="connection" open={isSearched || tables.length <= 12}>
      <summary>
        <span class={`state is-${state}`} aria-hidden="true" />
        <span class="connection-name">{name}</span>
        <span class="quiet">
          {plugin === name ? '' : `${plugin}, `}
          {counted(isSearched ? tables.length : connection.tables, 'table')}
        </span>
        {state !== 'ready' && <span class="visually-hidden">{state}</span>}
      </summary>
      {error !== null && <p class="connection-error">{error}</p>}
      <ul>
        {tables.slice(0, most).map((table) => (
          <li key={table.name}>
            <Table table={table} onInsert={onInsert} />
          </li>
        ))}
      </ul>
      {tables.length > most && <p class="quiet pad">and {tables.length - most} more: search for them</p>}
    </details>
  )
}

interface TableProps {
  readonly table: CatalogTable
  readonly onInsert: (sql: string) => void
}

function Table({ table, onInsert }: TableProps) {
  const [open, setOpen] = useState(false)
  const keys = table.columns.filter(({ operators }) => operators !== null)
  return (
    <div class="table">
      <button type="button" class="table-name mono" aria-expanded={open} onClick={() => setOpen(!open)}>
        {table.name}
      </button>
      {open && (
        <div class="table-body">
          {table.description !== null && <p>{table.description}</p>}
          <button type="button" class="small" onClick={() => onInsert(selectFrom(table))}>
            Select from it
          </button>
          <ul class="columns">
            {[...keys, ...table.columns.filter(({ operators }) => operators === null)].map((column) => (
              <ColumnLine key={column.name} column={column} />
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

function ColumnLine({ column }: { readonly column: CatalogColumn }) {
  const { name, type, description, operators, require } = column
  return (
    <li title={description ?? ''}>
      <span class="mono">{name}</span>
      <span class="quiet column-type">{type}</span>
      {operators !== null && (
        <span class={require === 'optional' ? 'key' : 'key is-required'}>
          key {operators.join(' ')}
          {require !== 'optional' && require !== null && `, ${require}`}
        </span>
      )}
    </li>
  )
}

/** A beginning that asks for little; where the API needs a key, with a place for its value. */
function selectFrom({ connection, name, columns }: CatalogTable): string {
  const required = columns.filter(({ require }) => require === 'required')
  const where = required.map(({ name: column }) => `${identifier(column)} = ''`).join('\n  and ')
  return [
    'select',
    '  *',
    'from',
    `  ${identifier(connection)}.${identifier(name)}`,
    ...(where === '' ? [] : ['where', `  ${where}`]),
    'limit 20',
  ].join('\n')
}

/** Tables that have all of the words, in their names, descriptions or columns. */
function search(tables: readonly CatalogTable[], text: string): readonly CatalogTable[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return tables
  return tables.filter(({ connection, name, description, columns }) => {
    const said = [
      connection,
      name,
      description,
      ...columns.flatMap((column) => [column.name, column.description]),
    ]
      .join(' ')
      .toLowerCase()
    return words.every((word) => said.includes(word))
  })
}
