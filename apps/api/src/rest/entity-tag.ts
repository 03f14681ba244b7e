import { createHash } from 'node:crypto';

/** The entity tag of an answer (RFC 9110, 8.8.3): the same bytes have the same tag, on every instance. */
export function entityTag(body: string): string {
  return `"${createHash('sha1').update(body).digest('base64url')}"`;
}

/** Whether a caller who sent this `If-None-Match` has what the tag stands for. */
export function hasTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === tag);
}
