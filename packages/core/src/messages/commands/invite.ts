import { AppError, type AppErrorCode } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import { addMember } from '../../members/add-member.js';
import { escapeMarkdown } from '../../prompts/built-in/markdown.js';
import { defineAnswer } from '../command-answer.js';

/** Refusals that are about one person: the others are invited all the same. */
const ofOnePerson: ReadonlySet<AppErrorCode> = new Set(['USER_NOT_FOUND', 'INVITATION_DECLINED']);

export default defineAnswer(commandFiles.invite, async (deps, _room, people, act) => {
  const told: string[] = [];
  let done = 0;
  for (const username of people) {
    try {
      const added = await act('rooms.addMember', (room) => addMember(deps, room, username), { username });
      const name = `${escapeMarkdown(added.user.displayName)} (\`@${username}\`)`;
      told.push(
        'invitedAt' in added ? `${name} left this room once, so they are invited and can join again.` : `${name} is in this room now.`,
      );
      done++;
    } catch (error) {
      // Without anybody invited, nothing was done: the call is refused. After that, the answer says what became of each.
      if (!AppError.is(error) || (done === 0 && (people.length === 1 || !ofOnePerson.has(error.code)))) throw error;
      told.push(`\`@${username}\`: ${error.message}`);
    }
  }
  return told.length === 1 ? told[0]! : told.map((line) => `- ${line}`).join('\n');
});
