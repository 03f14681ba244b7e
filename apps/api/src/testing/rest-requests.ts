import fc from 'fast-check';
import type { JsonSchema } from '../rest/json-schemas.js';
import type { OpenApi, OpenApiOperation, OpenApiParameter } from '../rest/openapi.js';

export interface MadeRequest {
  operationId: string;
  method: string;
  /** With its query. */
  path: string;
  body: string | undefined;
  headers: Record<string, string>;
  /** Which of the callers sends it. */
  caller: number;
}

/** What exists in the world that the requests are for, by the name of the field that says it. */
export type Known = Record<string, readonly string[]>;

/** Requests as the document describes them, and such as it does not: other types, other fields, other bodies. */
export function requestsOf({ paths, components }: OpenApi, known: Known, callers: number): fc.Arbitrary<MadeRequest> {
  const values = new Values(components.schemas, known);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => !isStream(operation))
      .map(([method, operation]) => requestOf(path, method.toUpperCase(), operation, values, callers)),
  );
  return fc.oneof(...operations);
}

/** Whose answer has no end. */
function isStream({ responses: { 200: answer } }: OpenApiOperation): boolean {
  return answer !== undefined && 'content' in answer && Object.hasOwn(answer.content ?? {}, 'text/event-stream');
}

function requestOf(path: string, method: string, operation: OpenApiOperation, values: Values, callers: number): fc.Arbitrary<MadeRequest> {
  const { operationId, parameters = [], requestBody } = operation;
  const content = requestBody?.content['application/json'];
  return fc
    .record({
      params: fc.tuple(...parameters.map((parameter) => paramOf(parameter, values))),
      more: often(fc.constant([]), fc.tuple(fc.tuple(values.word, values.word))),
      body: content ? values.bodyOf(content.schema) : often(fc.constant(undefined), values.strange),
      caller: fc.nat({ max: callers - 1 }),
    })
    .map(({ params, more, body, caller }) => {
      const all = params.filter((param) => param !== null);
      const of = (place: string) => all.filter((param) => param.in === place).map(({ name, value }) => [name, value] as [string, string]);
      const inPath = new Map(of('path'));
      const query = new URLSearchParams([...of('query'), ...(more as [string, string][])]).toString();
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(inPath.get(name)!));
      return {
        operationId,
        method,
        path: query === '' ? filled : `${filled}?${query}`,
        body: body === undefined || method === 'GET' ? undefined : body,
        headers: Object.fromEntries(of('header')),
        caller,
      };
    });
}

interface Param {
  name: string;
  in: string;
  value: string;
}

function paramOf({ name, in: place, schema, required }: OpenApiParameter, values: Values): fc.Arbitrary<Param | null> {
  const wanted = values.of(schema, name).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  // A path has all of its parts, and a header can hold no more than printable ASCII.
  const value =
    place === 'header' ? fc.stringMatching(/^[!-~]{1,20}$/) : often(wanted, values.word).map((text) => text.toWellFormed() || '-');
  const param = value.map((text) => ({ name, in: place, value: place === 'path' ? text.replace(/^\.+$/, 'dots') : text }));
  return required || place === 'path' ? param : fc.option(param, { nil: null });
}

/** Nine times of ten the first. */
function often<A, B>(usual: fc.Arbitrary<A>, strange: fc.Arbitrary<B>): fc.Arbitrary<A | B> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: strange });
}

class Values {
  /** Short texts: letters, signs of all scripts, lone surrogates, U+0000. */
  readonly word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );
  /** Bodies that are no JSON objects, or of no sense. */
  readonly strange = fc.oneof(
    fc.json({ maxDepth: 3 }),
    this.word,
    fc.constantFrom('', '{', 'null', '[]', '{"__proto__":{"a":1}}', '{"constructor":1}', '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]'),
  );
  readonly #components: Record<string, JsonSchema>;
  readonly #known: Known;

  constructor(components: Record<string, JsonSchema>, known: Known) {
    this.#components = components;
    this.#known = known;
  }

  /** A JSON text: of the schema, of the schema with another field or a changed one, or strange. */
  bodyOf(schema: JsonSchema): fc.Arbitrary<string> {
    const valid = this.of(schema, '');
    const changed = fc.tuple(valid, this.word, fc.jsonValue({ maxDepth: 2 }), fc.nat(20)).map(([value, name, other, at]) => {
      const fields = Object.keys(value as object);
      return { ...(value as object), [at < fields.length ? fields[at]! : name]: other };
    });
    return fc.oneof(
      { weight: 6, arbitrary: valid.map((value) => JSON.stringify(value)) },
      { weight: 2, arbitrary: changed.map((value) => JSON.stringify(value)) },
      { weight: 1, arbitrary: this.strange },
    );
  }

  /** Values that the schema takes, but for patterns. */
  of(schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
    const known = this.#known[name];
    const free = this.#free(schema, name);
    return known && schema.type !== 'array'
      ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: free })
      : free;
  }

  #free(schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
    if (schema.$ref) return this.of(this.#components[schema.$ref.split('/').at(-1)!]!, name);
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const options = schema.anyOf ?? schema.oneOf;
    if (options) return fc.oneof(...options.map((option) => this.of(option, name)));
    switch (schema.type) {
      case 'object': {
        const fields = Object.entries(schema.properties ?? {}).map(([field, inner]) => [field, this.of(inner, field)] as const);
        return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
      }
      case 'array':
        return fc.array(this.of(schema.items!, name), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 3, 3) });
      case 'integer':
        return fc.integer({ min: schema.minimum ?? -1, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) });
      case 'number':
        return fc.double({ min: schema.minimum ?? -1, max: schema.maximum ?? 1, noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default: {
        if (schema.format === 'uuid') return fc.uuid();
        if (schema.format === 'date-time')
          return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((at) => at.toISOString());
        const maxLength = Math.min(schema.maxLength ?? 40, 40);
        const minLength = Math.min(schema.minLength ?? 0, maxLength);
        return fc.oneof(
          fc.stringMatching(/^[a-z][a-z0-9]*$/, { size: 'small' }).map((text) => text.slice(0, maxLength).padEnd(minLength, 'x')),
          fc.string({ unit: 'grapheme', minLength, maxLength }),
        );
      }
    }
  }
}
