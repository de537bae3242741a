/** What a client's session is asked first. */
import type { Names } from '../names.js'
import { markTable } from './prepare-guest.js'

/**
 * Asks for the mark, and lets settings of Millrace's that are made for the role or the database take the place of the
 * defaults that the session has begun with: those of a connection's options count for more than they.
 */
export function sessionQuestion(names: Names): string {
  return `SELECT mark, (
    SELECT pg_catalog.count(pg_catalog.set_config(name, value, false)) FROM (
      SELECT DISTINCT ON (name) name, value FROM (
        SELECT pg_catalog.split_part(setting, '=', 1) AS name,
               pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1) AS value, setrole, setdatabase
          FROM pg_catalog.pg_db_role_setting, pg_catalog.unnest(setconfig) AS setting
         WHERE setting LIKE 'millrace.%'
           AND setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database
                                    WHERE datname = pg_catalog.current_database()))
           AND setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))) AS made
       ORDER BY name, setrole = 0, setdatabase = 0) AS chosen
     WHERE pg_catalog.current_setting(name, true) LIKE '% (default)')
    FROM ${markTable(names)}`
}
