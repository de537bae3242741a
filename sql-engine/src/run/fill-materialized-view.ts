/**
 * CREATE MATERIALIZED VIEW and REFRESH: PostgreSQL runs them as they stand, since it keeps the query with the virtual
 * tables' own names. What the query needs is staged ahead, and PostgreSQL reads it over the loopback.
 */
import { equals } from '../bind/access.js'
import type { ScansByTable } from '../cache/shared/shared-loopback.js'
import { quoteIdentifier, quoteLiteral } from '../parse/identifier.js'
import { parseText } from '../parse/parser.js'
import {
  findAll,
  type Inside,
  inside,
  type Node,
  relationsOf,
  stringsOf,
  walk,
} from '../parse/syntax-tree.js'
import { rejectOnly } from '../plan/unsupported-statements.js'
import { type Session, type StagedStatement, type StageOptions, unchangedStatement } from '../statement.js'
import type { EngineContext } from './engine-context.js'
import { stageScans } from './scan-runner.js'
import type { StatementPlan } from './statement-plan.js'

/** @throws DatabaseError */
export async function fillMaterializedView(
  text: string,
  tree: Node,
  context: EngineContext,
  session: Session,
  options: StageOptions,
): Promise<StagedStatement> {
  const unchanged = unchangedStatement(text)
  const query = await queryOf(text, tree, session)
  const plan = query && (await (await context.plans()).plan(query.tree, query.text, session))
  if (plan === undefined) return unchanged
  rejectOnly(plan.needed.keys())
  if (!(await canBeStagedAhead(plan, session))) return unchanged
  const staged = await stageScans({ ...options, plan, context, session, reader: 'loopback' })
  const scans: ScansByTable = new Map(
    [...plan.needed].map(([fromItem, columns]) => [
      fromItem.table.oid,
      { table: staged.tableOf(fromItem), columns },
    ]),
  )
  const withdraw = await context.loopbackScans.offer(session.processId, scans)
  return {
    ...unchanged,
    finished: withdraw,
    release: () => {
      withdraw()
      staged.release()
    },
  }
}

interface Query {
  readonly text: string
  readonly tree: Node
}

/**
 * The query of a materialized view; undefined when PostgreSQL will not run it, reports what is wrong, or runs it as another
 * role, its owner, which may see other things.
 */
async function queryOf(text: string, tree: Node, session: Session): Promise<Query | undefined> {
  const create = inside(tree, 'CreateTableAsStmt')
  const name = create?.into?.rel ?? inside(tree, 'RefreshMatViewStmt')?.relation
  if (name === undefined) return undefined
  const { rows } = await session.query(
    `select pg_catalog.pg_get_viewdef(c.oid) from pg_catalog.pg_class c
      where c.oid ${equals} pg_catalog.to_regclass(${quoteLiteral(nameOf(name))})::pg_catalog.oid and c.relkind ${equals} 'm'
        and (${create !== undefined}
          or c.relowner ${equals} pg_catalog.quote_ident(current_user)::pg_catalog.regrole::pg_catalog.oid)`,
  )
  const kept = rows[0]?.[0] ?? undefined
  // One of that name is already there.
  if (create !== undefined) return kept === undefined ? { text, tree } : undefined
  const [parsed] = kept === undefined ? [] : (parseText(kept) ?? [])
  return kept === undefined || parsed === undefined ? undefined : { text: kept, tree: parsed.node }
}

function nameOf({ catalogname, schemaname, relname }: Inside<'RangeVar'>): string {
  return [catalogname, schemaname, relname]
    .flatMap((part) => (part === undefined ? [] : quoteIdentifier(part)))
    .join('.')
}

/**
 * Whether PostgreSQL reads each virtual table just once while it runs the query, and only for the query. Over the
 * loopback, other readers cannot be told apart: a function, or a view that has not been expanded.
 */
async function canBeStagedAhead({ tree, needed }: StatementPlan, session: Session): Promise<boolean> {
  const fromItems = [...needed.keys()]
  if (new Set(fromItems.map(({ table }) => table.oid)).size < fromItems.length) return false
  const functions = findAll(tree, 'FuncCall').flatMap(({ funcname }) => stringsOf(funcname)?.at(-1) ?? [])
  if (functions.some((name) => queriesText.test(name))) return false
  const relations = relationsOf(tree).map(nameOf)
  const { rows } = await session.query(`select not exists (
      select from pg_catalog.pg_proc p
      where p.proname = any (${arrayOf(functions)}) and ${isUsers('p.pronamespace')}
    ) and not exists (
      select from pg_catalog.pg_operator o
      where o.oprname = any (${arrayOf(operatorsOf(tree))}) and ${isUsers('o.oprnamespace')}
    ) and not exists (
      select from pg_catalog.pg_type t
      where t.typname = any (${arrayOf(typesOf(tree))}) and ${isUsers('t.typnamespace')}
    ) and not exists (
      select from pg_catalog.pg_cast where oid >= ${firstNormalOid}
    ) and not exists (
      select from pg_catalog.unnest(${arrayOf(relations)}) name
      join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(name)
      where c.relkind not in ('r', 'p', 'm', 'f') or c.relrowsecurity or exists (
        select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attgenerated = 'v'))`)
  return rows[0]?.[0] === 't'
}

/** FirstNormalObjectId of PostgreSQL's transam.h: users' objects have higher OIDs. */
const firstNormalOid = 16_384

/**
 * PostgreSQL's own functions that run a query that is their argument, or read a table whose name is their argument.
 */
const queriesText = /_to_xml|^ts_stat$|^ts_rewrite$/

function isUsers(namespace: string): string {
  return `${namespace} <> 'pg_catalog'::pg_catalog.regnamespace`
}

/** Names of operators, wherever the grammar keeps them. */
function operatorsOf(tree: Node): readonly string[] {
  const found: string[] = []
  walk(tree, (object) => {
    for (const list of [object.name, object.operName, object.useOp]) {
      if (Array.isArray(list)) found.push(stringsOf(list)?.at(-1) ?? '')
    }
    return undefined
  })
  return found
}

/** Names of types; the grammar keeps most of them without a node around. */
function typesOf(tree: Node): readonly string[] {
  const found: string[] = []
  walk(tree, (object) => {
    if ('typemod' in object && Array.isArray(object.names)) found.push(stringsOf(object.names)?.at(-1) ?? '')
    return undefined
  })
  return found
}

function arrayOf(texts: readonly string[]): string {
  return `array[${texts.map(quoteLiteral).join(', ')}]::pg_catalog.text[]`
}
