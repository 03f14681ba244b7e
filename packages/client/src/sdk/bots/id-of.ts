import { newClientId } from '../../messages/new-client-id.js';

/**
 * An id that is always the same for the same words, as a UUID (version 8 of RFC 9562: of our own making). A new one where there is no SHA-256: a
 * page that came over plain http from another machine.
 */
export async function idOf(...words: readonly string[]): Promise<string> {
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) return newClientId();
  const bytes = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(words)))).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
