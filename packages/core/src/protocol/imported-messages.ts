import type { MessageView } from '@parley/contracts';
import { parse, v7 as uuidv7 } from 'uuid';

/** Makes the id of a message that a file brings. It carries the message's time, because a search orders by id, and its place in the room. */
export function importedId(createdAt: string, seq: number): string {
  return uuidv7({ msecs: Date.parse(createdAt), seq });
}

/**
 * Whether a file brought the message. A process from before there was the column leaves it false in what it imports; but no others write
 * words that are nobody's here, and of the system's lines without facts, which older versions wrote too, only those of a file have their
 * place in their id. In other ids that is 32 bits which say nothing.
 */
export function isImported({
  imported,
  id,
  seq,
  kind,
  author,
  system,
}: Pick<MessageView, 'id' | 'seq' | 'kind' | 'author' | 'system'> & { imported: boolean }): boolean {
  if (imported || author.type !== 'system') return imported;
  return kind !== 'system' || (system === null && placeIn(id) === seq);
}

/** What `uuidv7` writes as `seq`: 4 bits after the version, 28 after the variant and around it (RFC 9562, 5.7 and 6.2). */
function placeIn(id: string): number {
  const bytes = parse(id);
  const [a, b, c, d, e] = bytes.subarray(6, 11) as unknown as [number, number, number, number, number];
  return (((a & 0x0f) << 28) | (b << 20) | ((c & 0x3f) << 14) | (d << 6) | (e >>> 2)) >>> 0;
}
