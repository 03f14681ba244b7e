import { z } from 'zod';

/** Variables are missing or wrong; the message has a line for each variable and says what was expected. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
}

/**
 * Reads a process's variables. For a bad variable the error says what was expected (the description of its schema, else zod's own words)
 * and what was found, unless the variable's name says that it may hold a secret.
 *
 * A field whose name ends with `*` is a family: its schema is given all set variables that begin so, by their whole names. Such a schema
 * names the bad variable by the second part of an issue's path, and says in the issue what was expected.
 *
 * @throws EnvError naming each bad variable
 */
export function parseEnv<T extends z.ZodObject>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  // An empty variable counts as unset: shells and compose files leave unset variables empty.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const families = Object.keys(schema.shape).filter((name) => name.endsWith('*'));
  const ofFamily = (family: string) =>
    Object.fromEntries(Object.entries(set).filter(([name]) => name.startsWith(family.slice(0, -1)) && !(name in schema.shape)));
  const parsed = schema.safeParse({ ...set, ...Object.fromEntries(families.map((family) => [family, ofFamily(family)])) });
  if (parsed.success) return parsed.data;
  const lines = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const field = String(issue.path[0]);
    const inFamily = field.endsWith('*') && issue.path.length > 1;
    const name = inFamily ? String(issue.path[1]) : field;
    const expected =
      (inFamily ? undefined : descriptionOf(schema.shape[name])) ?? issue.message.replace(/^Invalid (input|option): (expected )?/, '');
    const value = /_(?:SECRET|KEY|URL|TOKEN|HEADERS)$/.test(name) ? 'something else' : JSON.stringify(set[name]);
    lines.set(name, `${name}: expected ${expected}; ${name in set ? `it is ${value}` : 'it is not set'}.`);
  }
  throw new EnvError([...lines.values()].join('\n'));
}

/** The description of a schema, or of the schema inside an optional one. */
function descriptionOf(field: unknown): string | undefined {
  if (!(field instanceof z.ZodType)) return undefined;
  return field.description ?? (field instanceof z.ZodOptional ? descriptionOf(field.unwrap()) : undefined);
}
