/** The side of the page: the catalog, examples, recent statements, the cache. */
import { useState } from 'preact/hooks'
import type { CatalogAnswer } from '../../protocol/messages.js'
import type { RecentStatement } from '../tabs/recent.js'
import { CachePanel } from './cache-panel.js'
import { CatalogPanel } from './catalog-panel.js'
import { Examples, Recent } from './statement-lists.js'

const parts = ['Tables', 'Examples', 'Recent', 'Cache'] as const

type Part = (typeof parts)[number]

export interface SidePanelProps {
  readonly catalog: CatalogAnswer | undefined
  readonly failure: string | undefined
  readonly recent: readonly RecentStatement[]
  readonly onOpen: (sql: string, title?: string) => void
  readonly onClose: () => void
}

export function SidePanel({ catalog, failure, recent, onOpen, onClose }: SidePanelProps) {
  const [part, setPart] = useState<Part>('Tables')
  return (
    <nav class="side" id="side" aria-label="Catalog">
      <div role="tablist" class="side-parts" aria-label="Parts of the catalog">
        {parts.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`side-${each}`}
            aria-selected={each === part}
            aria-controls="side-part"
            onClick={() => setPart(each)}
          >
            {each}
          </button>
        ))}
        <button type="button" class="plain side-close" aria-label="Close the catalog" onClick={onClose}>
          ×
        </button>
      </div>
      <div class="side-part" id="side-part" role="tabpanel" aria-labelledby={`side-${part}`}>
        {failure !== undefined && <p class="pad connection-error">{failure}</p>}
        {part === 'Tables' && catalog !== undefined && <CatalogPanel catalog={catalog} onInsert={onOpen} />}
        {part === 'Examples' && catalog !== undefined && (
          <Examples examples={catalog.examples} onOpen={onOpen} />
        )}
        {part === 'Recent' && <Recent recent={recent} onOpen={onOpen} />}
        {part === 'Cache' && <CachePanel />}
      </div>
    </nav>
  )
}
