import type { Target } from '../../features/conversation/use-wanted.js';

interface Place {
  hash: string;
  search: { at?: unknown };
  state: { __TSR_key?: string | undefined };
}

/** The message an address names: `?at=<seq>#message-<id>`, the seq only to find it sooner. */
export function messageTarget({ hash, search, state }: Place): Target | null {
  const messageId = /^#?message-([\da-f-]{36})$/i.exec(hash)?.[1]?.toLowerCase();
  if (!messageId) return null;
  const seq = Number(search.at);
  return { messageId, seq: Number.isSafeInteger(seq) && seq > 0 ? seq : null, visit: state.__TSR_key ?? '' };
}
