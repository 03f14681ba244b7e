import { AppError, cutText } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { coerced, fieldsOf, unknownField } from './input-fields.js';
import type { RestEndpoint } from './rest-address.js';

/** The parts of a request that say what is asked for. */
export type Asked = Pick<FastifyRequest, 'params' | 'query' | 'body' | 'headers'>;

/**
 * The input of a procedure as a request says it, not yet parsed by its schema: what the address decides, the path, then the query of what
 * only reads or deletes, then the body.
 *
 * @returns undefined for a procedure that has no input
 * @throws AppError VALIDATION for a body that is no object, for a field that the procedure does not have or that is said twice
 */
export function restInput({ method, params, fixed }: RestEndpoint, schema: z.core.$ZodType | undefined, asked: Asked): unknown {
  const fields = fieldsOf(schema)!;
  const input: Record<string, unknown> = { ...fixed };
  const put = (name: string, value: unknown) => {
    if (!fields.has(name)) throw unknownFieldError(name);
    if (Object.hasOwn(input, name) && input[name] !== value) throw fieldError(name, 'is in the address already, with another value');
    input[name] = value;
  };
  const path = asked.params as Record<string, string>;
  for (const name of params) put(name, coerced(fields.get(name)!, path[name]!));
  for (const [name, value] of Object.entries(asked.query as Record<string, string | string[]>)) {
    if (method !== 'GET' && method !== 'DELETE') throw fieldError(name, 'belongs into the body, as JSON');
    if (Array.isArray(value)) throw fieldError(name, 'is there more than once');
    const field = fields.get(name);
    if (!field) throw unknownFieldError(name);
    put(name, coerced(field, value));
  }
  for (const [name, value] of Object.entries(bodyOf(asked))) put(name, value);
  const unknown = unknownField(schema, input);
  if (unknown !== null) throw unknownFieldError(unknown);
  return schema ? input : undefined;
}

function bodyOf({ body, headers }: Asked): object {
  if (body === undefined || body === null || body === '') return {};
  let parsed: unknown;
  try {
    if (/^application\/json\b/i.test(headers['content-type'] ?? '')) parsed = JSON.parse(body as string);
  } catch {
    // Said below.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('VALIDATION', 'The body must be a JSON object, sent with the header “content-type: application/json”.');
  }
  return parsed;
}

function unknownFieldError(field: string): AppError {
  return fieldError(field, 'is no field of this call');
}

/** @param name as a stranger wrote it: it is not said at any length, and in quotes where it is no name that a field has */
function fieldError(name: string, problem: string): AppError {
  const field = cutText(name, 100);
  return new AppError('VALIDATION', `${/^[\w.-]+$/.test(field) ? field : JSON.stringify(field)}: ${problem}.`, { field });
}
