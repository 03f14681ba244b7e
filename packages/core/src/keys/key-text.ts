import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { parse, stringify } from 'uuid';
import { hashSecretToken } from '../sessions/secret-token.js';

/**
 * What a key looks like: `parley_`, 22 letters and digits for the id of its session, 43 for 256 random bits, 6 for a checksum over all that
 * is before it. So a scanner finds a leaked key, and a mistyped one is refused without asking the database. Letters and digits alone,
 * because a double click selects them.
 */
const keyPattern = /^parley_([0-9A-Za-z]{22})[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/;

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base = BigInt(digits.length);

export interface NewKey {
  key: string;
  hashHex: string;
}

/** Makes a key of this session. */
export function newKey(sessionId: string): NewKey {
  const body = `parley_${encode(parse(sessionId), 22)}${encode(randomBytes(32), 43)}`;
  const key = `${body}${checksum(body)}`;
  return { key, hashHex: hashSecretToken(key) };
}

/** Whether a bearer token is meant as a key, be it a good one or not. */
export function looksLikeKey(token: string): boolean {
  return token.startsWith('parley_');
}

/** The session that a key names, and its hash; null for what {@link newKey} never made. */
export function readKey(token: string): { sessionId: string; hashHex: string } | null {
  const [, id, sum] = keyPattern.exec(token) ?? [];
  if (!id || !sum || checksum(token.slice(0, -sum.length)) !== sum) return null;
  const bytes = decode(id, 16);
  return bytes && { sessionId: stringify(bytes), hashHex: hashSecretToken(token) };
}

function checksum(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return encode(bytes, 6);
}

function encode(bytes: Uint8Array, length: number): string {
  let text = '';
  for (let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`); rest > 0n; rest /= base) text = digits[Number(rest % base)]! + text;
  return text.padStart(length, '0');
}

/** @returns null for a number that has more bytes */
function decode(text: string, length: number): Uint8Array | null {
  let value = 0n;
  for (const digit of text) value = value * base + BigInt(digits.indexOf(digit));
  const hex = value.toString(16).padStart(length * 2, '0');
  return hex.length > length * 2 ? null : Buffer.from(hex, 'hex');
}
