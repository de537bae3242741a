/** Types of columns, as settings name them. */
import { z } from 'zod'
import type { ColumnType } from '../column.js'

export const columnTypeSetting = z
  .enum([
    'text',
    'bigint',
    'double precision',
    'numeric',
    'boolean',
    'timestamptz',
    'timestamp with time zone',
    'date',
    'jsonb',
    'inet',
    'cidr',
    'uuid',
  ])
  .transform((name): ColumnType => (name === 'timestamptz' ? 'timestamp with time zone' : name))
