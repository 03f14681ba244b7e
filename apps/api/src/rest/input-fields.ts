import type { z } from 'zod';

/** What a schema says of a field, as far as a query string or a stranger's object needs to know. */
export type Fields = ReadonlyMap<string, z.core.$ZodType>;

/** The schema inside of defaults, optional ones and the like: what a value that is sent has to fit. */
export function bareSchema(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as unknown as { def: { type: string; innerType?: z.core.$ZodType; in?: z.core.$ZodType } };
  if (def.innerType) return bareSchema(def.innerType);
  return def.type === 'pipe' && def.in ? bareSchema(def.in) : schema;
}

/** The fields that an object of this schema may have, those of all options of a union; null if the schema is of no object. */
export function fieldsOf(schema: z.core.$ZodType | undefined): Fields | null {
  if (!schema) return new Map();
  const { def } = bareSchema(schema)._zod as unknown as {
    def: { type: string; shape?: Record<string, z.core.$ZodType>; options?: readonly z.core.$ZodType[] };
  };
  if (def.type === 'object') return new Map(Object.entries(def.shape!));
  if (def.type !== 'union') return null;
  const options = def.options!.map(fieldsOf);
  return options.includes(null) ? null : new Map(options.flatMap((fields) => [...fields!]));
}

/** The path of the first field of `value`, at any depth, that the schema does not have; null where there is none. */
export function unknownField(schema: z.core.$ZodType | undefined, value: unknown): string | null {
  const fields = fieldsOf(schema);
  if (!fields || typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  for (const [name, inner] of Object.entries(value)) {
    const field = fields.get(name);
    if (!field) return name;
    const deeper = unknownField(field, inner);
    if (deeper !== null) return `${name}.${deeper}`;
  }
  return null;
}

/** A value of a query string as the field's schema wants it; as it is where it fits nothing, so that the schema says what is wrong. */
export function coerced(field: z.core.$ZodType, text: string): unknown {
  switch (bareSchema(field)._zod.def.type) {
    case 'number':
      return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'array':
      return text === '' ? [] : text.split(',');
    default:
      return text;
  }
}
