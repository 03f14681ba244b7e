import { appErrors, maxMessageBytes, utf8Bytes } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';

export type DraftCheck = { kind: 'ready' } | { kind: 'empty' } | { kind: 'problem'; message: string; correction: string | null };

/** Finds what the server would refuse in any text, a command or not. Nothing is wrong with an empty box: there is only nothing to send. */
export function checkText(typed: string): DraftCheck {
  if (typed.trim() === '') return { kind: 'empty' };
  const text = sentText(typed);
  if (text === '') return { kind: 'problem', message: appErrors.MESSAGE_EMPTY.message, correction: null };
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
