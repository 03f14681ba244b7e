import { saidBy } from './mcp-problem.js';

type Schema = Record<string, unknown>;

/** How deep a schema may go, and how many parts it may have: beyond, anything is taken. */
const maxDepth = 6;
const maxParts = 200;
const maxProperties = 50;
const maxValues = 50;
const maxAlternatives = 5;
const maxDescription = 300;
/** The most that the whole may take as JSON, in UTF-16 units. */
const maxLength = 8_000;

/** What Anthropic takes as the name of a property, and the others too. */
const propertyName = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array']);

/**
 * The schema of a tool's arguments with what all providers take, and no more: types, properties, items, alternatives, values to choose
 * from. References are replaced by what they name. The server still has the last word on what it is sent.
 */
export function plainSchema(schema: unknown): Schema {
  for (const described of [true, false]) {
    const plain = new Plainer(schema, described).root();
    if (JSON.stringify(plain).length <= maxLength) return plain;
  }
  return { type: 'object', properties: {} };
}

class Plainer {
  readonly #root: unknown;
  readonly #described: boolean;
  #parts = 0;

  constructor(root: unknown, described: boolean) {
    this.#root = root;
    this.#described = described;
  }

  root(): Schema {
    const root = this.#resolved(this.#root);
    return this.#object(root, 0);
  }

  #object(schema: Schema, depth: number): Schema {
    const properties: Schema = {};
    for (const [name, value] of entriesOf(schema['properties']).slice(0, maxProperties)) {
      if (propertyName.test(name) && name !== '__proto__') properties[name] = this.#part(value, depth + 1);
    }
    const required = Array.isArray(schema['required'])
      ? [...new Set(schema['required'].filter((name): name is string => typeof name === 'string' && Object.hasOwn(properties, name)))]
      : [];
    return { type: 'object', ...this.#description(schema), properties, ...(required.length > 0 ? { required } : {}) };
  }

  #part(value: unknown, depth: number): Schema {
    const schema = this.#resolved(value);
    if (depth > maxDepth || ++this.#parts > maxParts) return { type: 'string', ...this.#description(schema) };
    const type = typeOf(schema);
    const alternatives = ['anyOf', 'oneOf'].flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as unknown[]) : []));
    const real = alternatives.map((each) => this.#resolved(each)).filter((each) => each['type'] !== 'null');
    if (type === null && real.length === 1) return { ...this.#part(real[0], depth + 1), ...this.#description(schema) };
    if (type === null && real.length > 1)
      return { ...this.#description(schema), anyOf: real.slice(0, maxAlternatives).map((each) => this.#part(each, depth + 1)) };
    switch (type) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return { type: 'array', ...this.#description(schema), items: this.#part(schema['items'] ?? {}, depth + 1) };
      case 'number':
      case 'integer':
      case 'boolean':
        return { type, ...this.#description(schema) };
      default: {
        const values = (Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]) : [schema['const']]).filter(
          (each): each is string => typeof each === 'string' && each !== '' && each.length <= 200 && each.isWellFormed(),
        );
        const choice = [...new Set(values)].slice(0, maxValues);
        return { type: 'string', ...this.#description(schema), ...(choice.length > 0 ? { enum: choice } : {}) };
      }
    }
  }

  #description(schema: Schema): Schema {
    const { description } = schema;
    if (!this.#described || typeof description !== 'string') return {};
    const line = saidBy(description, maxDescription);
    return line === '' ? {} : { description: line };
  }

  /** A schema, or what its reference names, which may be a reference itself. Anything else is one that says nothing. */
  #resolved(value: unknown): Schema {
    let schema = value;
    for (let followed = 0; followed < 5; followed++) {
      if (!isSchema(schema)) return {};
      const reference: unknown = schema['$ref'];
      if (typeof reference !== 'string') return schema;
      const path = /^#\/(\$defs|definitions)\/([^/]{1,200})$/.exec(reference);
      const definitions: unknown = path && isSchema(this.#root) ? this.#root[path[1]!] : undefined;
      schema = path && isSchema(definitions) && Object.hasOwn(definitions, path[2]!) ? definitions[path[2]!] : {};
    }
    return {};
  }
}

function typeOf(schema: Schema): string | null {
  const given: unknown = Array.isArray(schema['type']) ? schema['type'].find((each) => each !== 'null') : schema['type'];
  if (typeof given === 'string' && types.has(given)) return given;
  if (isSchema(schema['properties'])) return 'object';
  if ('items' in schema) return 'array';
  return 'enum' in schema || 'const' in schema ? 'string' : null;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): [string, unknown][] {
  return isSchema(value) ? Object.entries(value) : [];
}
