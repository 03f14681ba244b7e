import { commands } from './commands.js';

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
