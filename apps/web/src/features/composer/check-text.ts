import { maxMessageBytes, utf8Bytes } from '@parley/contracts';

export type DraftCheck = { kind: 'ready' } | { kind: 'empty' } | { kind: 'problem'; message: string; correction: string | null };

/** Finds what the server would refuse in any text, a command or not. */
export function checkText(text: string): DraftCheck {
  if (text.trim() === '') return { kind: 'empty' };
  const bytes = utf8Bytes(text);
  if (bytes > maxMessageBytes) {
    return {
      kind: 'problem',
      message: `The message is ${Math.ceil(bytes / 1024)} kB; 32 kB is the most. Shorten it or split it.`,
      correction: null,
    };
  }
  return { kind: 'ready' };
}
