import { z } from 'zod';

/** A variable that is missing or wrong; the message has a line for each and says what was expected. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
}

/**
 * Reads a process's variables. What is expected of one is its schema's description, else zod's own words. The value found is
 * repeated unless the name says that it may hold a secret.
 *
 * @throws EnvError naming each bad variable
 */
export function parseEnv<T extends z.ZodObject>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  // An empty variable is an unset one, as shells and compose files leave them.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  const lines = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const name = String(issue.path[0]);
    const expected = descriptionOf(schema.shape[name]) ?? issue.message.replace(/^Invalid (input|option): (expected )?/, '');
    const value = /_(?:SECRET|KEY|URL)$/.test(name) ? 'something else' : JSON.stringify(set[name]);
    lines.set(name, `${name}: expected ${expected}; ${name in set ? `it is ${value}` : 'it is not set'}.`);
  }
  throw new EnvError([...lines.values()].join('\n'));
}

/** What a schema says of itself, or what it makes optional does. */
function descriptionOf(field: unknown): string | undefined {
  if (!(field instanceof z.ZodType)) return undefined;
  return field.description ?? (field instanceof z.ZodOptional ? descriptionOf(field.unwrap()) : undefined);
}
