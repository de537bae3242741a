/** Makes syntax trees in the forms that PostgreSQL's parser gives them. */
import type { Node } from '../parse/syntax-tree.js'

export function stringNode(sval: string): Node {
  return { String: { sval } }
}

export function literalNode(sval: string): Node {
  return { A_Const: { sval: { sval } } }
}

/** @param value a number that is no integer is written as one with a decimal point */
export function numberNode(value: number): Node {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31
    ? { A_Const: { ival: value === 0 ? {} : { ival: value } } }
    : { A_Const: { fval: { fval: String(value) } } }
}

/** A call of a function of PostgreSQL's own. */
export function callNode(name: string, ...args: readonly Node[]): Node {
  return {
    FuncCall: {
      funcname: [stringNode('pg_catalog'), stringNode(name)],
      args: [...args],
      funcformat: 'COERCE_EXPLICIT_CALL',
    },
  }
}

/** `value AT TIME ZONE zone` */
export function atTimeZoneNode(value: Node, zone: Node): Node {
  return {
    FuncCall: {
      funcname: [stringNode('pg_catalog'), stringNode('timezone')],
      args: [zone, value],
      funcformat: 'COERCE_SQL_SYNTAX',
    },
  }
}

/**
 * @param type by PostgreSQL's internal name, such as `timestamptz`; without its schema, which the deparser leaves out,
 *   and pg_catalog comes first on any search path
 */
export function castNode(arg: Node, type: string): Node {
  return { TypeCast: { arg, typeName: { names: [stringNode(type)], typemod: -1 } } }
}

export function operationNode(lexpr: Node, operator: '+' | '-' | '*' | '/', rexpr: Node): Node {
  return { A_Expr: { kind: 'AEXPR_OP', name: [stringNode(operator)], lexpr, rexpr } }
}

/** The greatest or least of values, NULLs left out. */
export function extremeNode(which: 'greatest' | 'least', args: readonly Node[]): Node {
  return { MinMaxExpr: { op: which === 'greatest' ? 'IS_GREATEST' : 'IS_LEAST', args: [...args] } }
}
