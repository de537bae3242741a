/** What a statement will cost: each table with what reaches its API, what does not and why, and the calls. */
import type { PlannedScan } from '../../protocol/messages.js'
import { ReportText } from '../run/report-text.js'
import type { Priced } from './use-price.js'

export function PricePanel({ priced }: { readonly priced: Priced | undefined }) {
  return (
    <section class="price" aria-labelledby="price-title">
      <h2 id="price-title">What it will cost</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard, too */}
      <div class="price-body" aria-live="polite" tabIndex={0}>
        <PriceBody priced={priced} />
      </div>
    </section>
  )
}

function PriceBody({ priced }: { readonly priced: Priced | undefined }) {
  if (priced === undefined) return <p class="quiet">The statement at the cursor, priced without a call.</p>
  const { answer } = priced
  switch (answer.kind) {
    case 'none':
      return <p class="quiet">Only queries can be priced.</p>
    case 'failed':
      return (
        <div class="not-priced">
          <ReportText report={answer.report} />
        </div>
      )
    case 'priced':
      if (answer.scans.length === 0) return <p class="quiet">No virtual table, so no call.</p>
      return (
        <ol class="scans">
          {answer.scans.map((scan) => (
            <ScanCost key={scan.number} scan={scan} isOnly={answer.scans.length === 1} />
          ))}
        </ol>
      )
  }
}

function ScanCost({ scan, isOnly }: { readonly scan: PlannedScan; readonly isOnly: boolean }) {
  const { number, table, alias, after, columns, pushed, kept, limit, calls, costs } = scan
  return (
    <li>
      <h3>
        {!isOnly && <span class="scan-number">{number}</span>}
        <span class="mono">{table}</span>
        {alias !== undefined && <span class="quiet"> as {alias}</span>}
      </h3>
      <dl>
        <dt>Calls</dt>
        <dd class="calls">{calls}</dd>
        {costs.map((cost) => [<dt key={cost}>Costs</dt>, <dd key={`${cost} `}>{cost}</dd>])}
        {after.length > 0 && [<dt key="after">After</dt>, <dd key="after-what">{after.join(', ')}</dd>]}
        <dt>Asked with</dt>
        <dd>
          {pushed.length === 0 && <span class="quiet">nothing: all rows are fetched</span>}
          {pushed.map((condition) => (
            <code key={condition}>{condition}</code>
          ))}
        </dd>
        {kept.length > 0 && <dt>Kept here</dt>}
        {kept.length > 0 && (
          <dd>
            {kept.map(({ condition, reason }) => (
              <div key={condition}>
                <code>{condition}</code> <span class="quiet">{reason}</span>
              </div>
            ))}
          </dd>
        )}
        {limit !== undefined && [<dt key="limit">Limit</dt>, <dd key="limit-what">{limit}</dd>]}
        <dt>Columns</dt>
        <dd class="quiet">{columns.length === 0 ? 'none' : columns.join(', ')}</dd>
      </dl>
    </li>
  )
}
