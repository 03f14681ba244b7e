import type { JsonSchema } from './json-schemas.js';

/** What fields of these names hold in an example, where their type allows. */
const values: Record<string, unknown> = {
  username: 'olga',
  handle: 'keeper',
  displayName: 'Olga',
  name: 'Harbour',
  topic: 'Tides and ships',
  tagline: 'Knows the tides',
  content: 'The tide is in.',
  systemPrompt: 'You keep the harbour.',
  greeting: 'Ahoy.',
  emoji: '👍',
  model: 'openai:gpt-5.4-mini',
  glyph: 'anchor',
  password: 'correct horse battery',
  currentPassword: 'correct horse battery',
  newPassword: 'a new and longer one',
  query: 'tide',
  message: 'Choose another.',
  detail: 'The request is not valid. Check the named field.',
  title: 'Bad Request',
  key: 'parley_…',
  timeZone: 'Europe/Oslo',
  url: 'https://example.com/parley',
  secret: 'whsec_…',
  answer: 'ok',
  kind: 'mention',
  provider: 'company',
  group: 'Makers',
};

/** Fields that may be left out, one at a time, so that no schema of fields says that one of them is needed. */
const neededToo: Record<string, readonly string[]> = { 'holds.place': ['username'] };

/** {@link exampleOf} the input of an operation: only what it must have, if there is any. */
export function exampleOfInput(name: string, schema: JsonSchema, components: Record<string, JsonSchema>): unknown {
  const required = [...(schema.required ?? []), ...(neededToo[name] ?? [])];
  const needed = Object.entries(schema.properties ?? {}).filter(([field]) => required.includes(field));
  return exampleOf(needed.length > 0 ? { ...schema, properties: Object.fromEntries(needed) } : schema, components);
}

/** A value that the schema takes, the same every time. @param components what its references name */
export function exampleOf(schema: JsonSchema, components: Record<string, JsonSchema>, name = ''): unknown {
  if (schema.$ref) return exampleOf(components[schema.$ref.split('/').at(-1)!]!, components, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return exampleOf(first, components, name);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([, inner]) => !inner.not)
          .map(([field, inner]) => [field, exampleOf(inner, components, field)]),
      );
    case 'array':
      return schema.prefixItems || schema.maxItems === 0 ? [] : [exampleOf(schema.items!, components, name)];
    case 'integer':
    case 'number':
      return schema.minimum ?? (schema.exclusiveMinimum === undefined ? 1 : schema.exclusiveMinimum + 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'string':
      if (schema.format === 'uuid') return '0198c0de-7a11-7000-8000-00000000002a';
      if (schema.format === 'date-time') return '2030-01-01T00:00:00.000Z';
      if (schema.format === 'date') return '2030-01-01';
      return values[name] ?? 'text';
    default:
      return null;
  }
}
