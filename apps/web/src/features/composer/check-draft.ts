import { maxMessageBytes, parseCommand, utf8Bytes } from '@parley/contracts';

export type DraftCheck = { kind: 'ready' } | { kind: 'empty' } | { kind: 'problem'; message: string; correction: string | null };

/** Finds what the server would refuse in a draft, so that the draft stays in the composer. */
export function checkDraft(text: string): DraftCheck {
  if (text.trim() === '') return { kind: 'empty' };
  const bytes = utf8Bytes(text);
  if (bytes > maxMessageBytes) {
    return {
      kind: 'problem',
      message: `The message is ${Math.ceil(bytes / 1024)} kB; 32 kB is the most. Shorten it or split it.`,
      correction: null,
    };
  }
  const parsed = parseCommand(text);
  switch (parsed.kind) {
    case 'none':
    case 'command':
      return { kind: 'ready' };
    case 'invalid':
      return { kind: 'problem', message: parsed.reason, correction: null };
    case 'unknown':
      return {
        kind: 'problem',
        message: `There is no /${parsed.name}.${parsed.nearest ? '' : ' Type /help to see what there is.'}`,
        correction: parsed.nearest && text.replace(/^\/[a-z0-9-]+/i, `/${parsed.nearest}`),
      };
  }
}
