import { createHash } from 'node:crypto';

/** A hue of one's own for a handle, 0–359: the same on every instance, evenly spread. */
export function hueOf(handle: string): number {
  return createHash('sha256').update(handle).digest().readUInt32BE(0) % 360;
}
