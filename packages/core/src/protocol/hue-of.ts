import { createHash } from 'node:crypto';

/** The hue of a handle, 0–359. A handle has the same hue on every instance, and the hues are evenly spread. */
export function hueOf(handle: string): number {
  return createHash('sha256').update(handle).digest().readUInt32BE(0) % 360;
}
