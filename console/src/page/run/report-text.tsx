/** What PostgreSQL says of an error, or in a notice. */
import type { Report } from '../../protocol/messages.js'

export function ReportText({ report }: { readonly report: Report }) {
  const { severity, code, message, detail, hint, where } = report
  return (
    <div class={`report ${severity === 'ERROR' || severity === 'FATAL' ? 'is-error' : ''}`}>
      <p class="report-message">
        <strong>{severity}</strong> {message}
        {code !== undefined && <span class="report-code"> {code}</span>}
      </p>
      {detail !== undefined && <p>{detail}</p>}
      {hint !== undefined && (
        <p>
          <strong>Hint</strong> {hint}
        </p>
      )}
      {where !== undefined && <p class="quiet pre">{where}</p>}
    </div>
  )
}
