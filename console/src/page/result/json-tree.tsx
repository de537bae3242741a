/** A JSON value that is unfolded part by part. */
import { useState } from 'preact/hooks'

/** Parts of a list or an object that are shown at once. */
const most = 200

export function JsonTree({ value }: { readonly value: unknown }) {
  return (
    <div class="json">
      <JsonNode name={undefined} value={value} depth={0} />
    </div>
  )
}

interface NodeProps {
  readonly name: string | undefined
  readonly value: unknown
  readonly depth: number
}

function JsonNode({ name, value, depth }: NodeProps) {
  const [open, setOpen] = useState(depth < 2)
  const label = name === undefined ? null : <span class="json-name">{name}</span>
  if (typeof value !== 'object' || value === null) {
    return (
      <div class="json-leaf">
        {label}
        <span class={`json-${value === null ? 'null' : typeof value}`}>{JSON.stringify(value)}</span>
      </div>
    )
  }
  const parts = Object.entries(value)
  const isList = Array.isArray(value)
  const size = isList ? `[${parts.length}]` : `{${parts.length}}`
  if (parts.length === 0) {
    return (
      <div class="json-leaf">
        {label}
        <span>{isList ? '[]' : '{}'}</span>
      </div>
    )
  }
  return (
    <div class="json-branch">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="json-fold" aria-hidden="true">
          {open ? '▾' : '▸'}
        </span>
        {label}
        <span class="quiet">{size}</span>
      </button>
      {open && (
        <div class="json-parts">
          {parts.slice(0, most).map(([key, part]) => (
            <JsonNode key={key} name={key} value={part} depth={depth + 1} />
          ))}
          {parts.length > most && <div class="quiet">and {parts.length - most} more</div>}
        </div>
      )}
    </div>
  )
}
