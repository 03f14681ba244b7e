import { helpHint, parseCommand } from '@parley/contracts/commands';
import { sentText } from '@parley/contracts/markdown';
import { checkText, type DraftCheck } from './check-text.js';

/**
 * Finds what the server would refuse in a draft, so that the draft stays in the composer. It is loaded when a command is begun; before that
 * the server refuses.
 */
export function checkDraft(typed: string): DraftCheck {
  const check = checkText(typed);
  if (check.kind !== 'ready') return check;
  const text = sentText(typed);
  const parsed = parseCommand(text);
  switch (parsed.kind) {
    case 'none':
    case 'command':
      return check;
    case 'invalid':
      return { kind: 'problem', message: parsed.reason, correction: null };
    case 'unknown':
      return {
        kind: 'problem',
        message: `There is no /${parsed.name}.${parsed.nearest ? '' : ` ${helpHint}`}`,
        correction: parsed.nearest && `/${parsed.nearest}${text.slice(1 + parsed.name.length)}`,
      };
  }
}
