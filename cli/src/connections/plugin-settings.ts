/** The settings that a plugin's connections take, read from the schema of its configuration. */
import type { Plugin } from '@millrace/plugin-sdk'
import { z } from 'zod'

export interface PluginSetting {
  readonly name: string
  /** In Markdown; empty where the plugin does not describe it. */
  readonly description: string
  readonly isRequired: boolean
  /** The value without one; undefined where there is none. */
  readonly usual: unknown
}

const objectShape = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
})
const propertyShape = z.object({ description: z.string().default(''), default: z.unknown().optional() })

/** In the schema's order; none where it is not one of an object, or cannot be told as a JSON schema. */
export function pluginSettings({ config }: Pick<Plugin, 'config'>): readonly PluginSetting[] {
  const object = objectShape.safeParse(jsonSchema(config))
  if (!object.success) return []
  const { properties, required } = object.data
  return Object.entries(properties).map(([name, property]) => {
    const { description = '', default: usual } = propertyShape.safeParse(property).data ?? {}
    return { name, description, isRequired: required.includes(name), usual }
  })
}

/** @returns undefined for a schema of a foreign make: a plugin may bring a zod of its own */
function jsonSchema(schema: z.ZodType): unknown {
  try {
    return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  } catch {
    return undefined
  }
}
