import type { BotCommandView } from '@parley/contracts';
import { helpHint, parseCommand } from '@parley/contracts/commands';
import { sentText } from '@parley/contracts/markdown';
import { checkText, type DraftCheck } from './check-text.js';

/**
 * Finds what the server would refuse in a draft, so that the draft stays in the composer. It is loaded when a command is begun; before that
 * the server refuses.
 *
 * @param ofBots the commands of the room's bots; null while they are not known, when a command that is none of ours may be one of theirs
 */
export function checkDraft(typed: string, ofBots: readonly BotCommandView[] | null): DraftCheck {
  const check = checkText(typed);
  if (check.kind !== 'ready') return check;
  const text = sentText(typed);
  const parsed = parseCommand(text, ofBots ?? []);
  switch (parsed.kind) {
    case 'none':
    case 'command':
    case 'bot':
      return check;
    case 'ambiguous':
      return {
        kind: 'problem',
        message: `Several bots here have /${parsed.name}. Write whose you mean.`,
        correction: `/${parsed.calls[0]!}${text.slice(1 + parsed.name.length)}`,
      };
    case 'invalid':
      return { kind: 'problem', message: parsed.reason, correction: null };
    case 'unknown':
      if (!ofBots) return check;
      return {
        kind: 'problem',
        message: `There is no /${parsed.name}.${parsed.nearest ? '' : ` ${helpHint}`}`,
        correction: parsed.nearest && `/${parsed.nearest}${text.slice(1 + parsed.name.length)}`,
      };
  }
}
