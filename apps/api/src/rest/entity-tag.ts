import { createHash } from 'node:crypto';
import type { ProcedureName } from '@parley/contracts';

/** Of answers to a GET whose address takes a PATCH: the version of what that PATCH changes. The rest of the answer changes oftener. */
const versions: Partial<Record<ProcedureName, (answer: never) => string | null>> = {
  'rooms.get': ({ room }: { room: { rev: number } }) => String(room.rev),
  'characters.get': ({ version }: { version: string | null }) => version,
};

/**
 * The entity tag of an answer (RFC 9110, 8.8.3): the same bytes have the same tag, on every instance. The version of what a PATCH changes stands
 * before the point, for `If-Match`.
 */
export function entityTag(name: ProcedureName | null, answer: unknown, body: string): string {
  const version = name === null ? null : versions[name]?.(answer as never);
  return `"${version ? `${version}.` : ''}${createHash('sha1').update(body).digest('base64url')}"`;
}

/** Whether a caller who sent this `If-None-Match` has what the tag stands for. */
export function hasTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === tag);
}

/**
 * The versions that an `If-Match` names: of tags that {@link entityTag} made, compared strongly, as the RFC says; null if it takes any. A tag of another kind
 * is a version that nothing has.
 */
export function versionsOf(ifMatch: string): string[] | null {
  const tags = ifMatch.split(',', 10).map((each) => each.trim());
  if (tags.includes('*')) return null;
  return tags.map((tag) => /^"([\w-]{1,64})\.[\w-]*"$/.exec(tag)?.[1] ?? '');
}
