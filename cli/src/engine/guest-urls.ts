import type { GuestUrls } from '@millrace/sql-engine/postgres/guest/guest-address'
import type { Settings } from '../config/settings.js'
import { UserError } from '../user-error.js'

/** @throws UserError where the settings name no PostgreSQL */
export function guestUrls({ values }: Pick<Settings, 'values'>): GuestUrls {
  const url = values['engine.url']
  if (url === null) {
    throw new UserError(
      'this home has the PostgreSQL that comes with Millrace; engine.url or MILLRACE_ENGINE_URL names one of your own',
      2,
    )
  }
  return {
    url,
    clientUrl: values['engine.client_url'] ?? undefined,
    readerUrl: values['engine.reader_url'] ?? undefined,
  }
}
