import type { z } from 'zod';

/**
 * Says which part of `value` the schema does not declare, with its path; null where there is none. A key counts as undeclared if the
 * schema drops it (clients may parse leniently), and so does a value that the schema would change by a default or a transform.
 */
export function undeclared(schema: z.ZodType, value: unknown): string | null {
  const result = schema.safeParse(value);
  if (!result.success) {
    const { path, message } = deepest(result.error.issues);
    return `${pathOf(path)}: ${message}`;
  }
  const path = firstDifference(value, result.data);
  return path && `${pathOf(path)}: not declared`;
}

interface Issue {
  path: PropertyKey[];
  message: string;
}

/** Where no option of a union fits, the issue of the option that matched deepest. */
function deepest(issues: readonly z.core.$ZodIssue[]): Issue {
  const [issue] = issues;
  if (!issue) return { path: [], message: 'not as declared' };
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.filter((option) => option.length > 0).map(deepest);
  const furthest = inner.reduce<Issue | null>((best, next) => (best && best.path.length >= next.path.length ? best : next), null);
  return furthest ? { path: [...issue.path, ...furthest.path], message: furthest.message } : issue;
}

/** The path at which `value` differs from `parsed`. Undefined fields do not count: JSON leaves them out. */
function firstDifference(value: unknown, parsed: unknown): PropertyKey[] | null {
  if (Object.is(value, parsed) || value === undefined) return null;
  if (typeof value !== 'object' || typeof parsed !== 'object' || value === null || parsed === null) return [];
  for (const [key, inner] of Object.entries(value)) {
    const path = firstDifference(inner, (parsed as Record<string, unknown>)[key]);
    if (path) return [key, ...path];
  }
  return null;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the whole' : path.map(String).join('.');
}
