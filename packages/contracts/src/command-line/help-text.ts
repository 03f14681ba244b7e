import { commandFiles } from '../generated/commands.js';
import { commands } from './commands.js';

/** Tells someone who knows no command how to find them all. */
export const helpHint = `Type /${commandFiles.help.name} to see all commands.`;

/** Every command with what it does, as Markdown. */
export function helpText(): string {
  const forAsker = commands.filter(({ answer }) => answer === 'asker').map(({ name }) => `to \`/${name}\``);
  const rows = commands.map(({ name, args, help, who = 'member' }) => {
    const only = who === 'member' ? '' : ` (${who}s only)`;
    return `- \`/${name}${args ? ` ${args}` : ''}\` — ${help}${only}`;
  });
  return [
    `Everyone in the room sees the answers to these, except ${[...forAsker, 'with `private`'].join(' and ')}:`,
    '',
    ...rows,
    '- `@ada` and a question — Ada answers in the room',
  ].join('\n');
}
