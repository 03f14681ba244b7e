import * as contracts from '@parley/contracts';
import { z } from 'zod';
import { bareSchema } from './input-fields.js';

/** A JSON Schema (2020-12), as far as this folder reads and writes it. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  /** Of a field that may not be there: it takes nothing. */
  not?: object;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  description?: string;
  $defs?: Record<string, JsonSchema>;
}

const named = z.registry<{ id: string }>();
for (const [name, value] of Object.entries(contracts)) {
  if (!name.endsWith('Schema') || !(value instanceof z.ZodType)) continue;
  const { type } = value.def;
  if (type === 'object' || type === 'union') named.add(value, { id: name.slice(0, 1).toUpperCase() + name.slice(1, -'Schema'.length) });
}

/** Writes zod's schemas as JSON Schemas, those of views once, under their names. */
export class JsonSchemas {
  /** What the schemas written so far refer to, by `#/components/schemas/` and the name. */
  readonly components: Record<string, JsonSchema> = {};

  /** What has to be sent for the schema to take it. */
  write(schema: z.core.$ZodType): JsonSchema {
    // The whole is put into another object, because zod does not refer to the schema that it begins with.
    const whole = z.object({ it: schema as z.ZodType });
    const { properties, $defs } = z.toJSONSchema(whole, {
      io: 'input',
      metadata: named,
      unrepresentable: 'any',
      override: plain,
    }) as JsonSchema;
    for (const [name, component] of Object.entries($defs ?? {})) this.components[name] ??= referring(component);
    return referring(properties!['it']!);
  }

  /** The object that an input is, without what stands around it. */
  writeInput(schema: z.core.$ZodType): JsonSchema {
    return this.write(bareSchema(schema));
  }
}

/**
 * Leaves out what says nothing more: the pattern beside a format, and the bounds of what a double can count. A field that may only be
 * undefined is one that may not be there.
 */
function plain({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (zodSchema._zod.def.type === 'undefined') jsonSchema.not = {};
  if (jsonSchema.format) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema['id'];
}

function referring(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
}
