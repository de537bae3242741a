import { types } from 'pg'

const { builtins } = types

/** Types of arrays and of their elements: https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
export const elementTypes: ReadonlyMap<number, number> = new Map([
  [1000, builtins.BOOL],
  [1005, builtins.INT2],
  [1007, builtins.INT4],
  [1016, builtins.INT8],
  [1028, builtins.OID],
  [1021, builtins.FLOAT4],
  [1022, builtins.FLOAT8],
  [1231, builtins.NUMERIC],
  [199, builtins.JSON],
  [3807, builtins.JSONB],
  [1115, builtins.TIMESTAMP],
  [1185, builtins.TIMESTAMPTZ],
  [1009, builtins.TEXT],
  [1015, builtins.VARCHAR],
  [1014, builtins.BPCHAR],
  [1003, builtins.TEXT],
  [1182, builtins.DATE],
  [1183, builtins.TIME],
  [1187, builtins.INTERVAL],
  [1041, builtins.INET],
  [651, builtins.CIDR],
  [2951, builtins.UUID],
])
