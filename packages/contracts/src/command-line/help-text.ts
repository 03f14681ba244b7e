import type { BotCommandView } from '../command-view.js';
import { callOf } from './call-of.js';
import { commandFiles } from '../generated/commands.js';
import { commands } from './commands.js';

/** Tells someone who knows no command how to find them all. */
export const helpHint = `Type /${commandFiles.help.name} to see all commands.`;

/**
 * Every command with what it does, as Markdown. The commands of bots stand after all else.
 *
 * @param ofBots the commands of the room's bots, `help` and the bot's name as Markdown
 */
export function helpText(ofBots: readonly BotCommandView[] = []): string {
  const forAsker = commands.filter(({ answer }) => answer === 'asker').map(({ name }) => `\`/${name}\``);
  const rows = commands.map(({ name, args, help, who = 'member' }) => {
    const only = who === 'member' ? '' : ` (${who}s only)`;
    return `- ${inCode(name, args)} — ${help}${only}`;
  });
  return [
    `Everyone in the room sees the answers to these, except to ${forAsker.slice(0, -1).join(', ')} and ${forAsker.at(-1)}, and with \`private\`:`,
    '',
    ...rows,
    '- `@ada` and a question — Ada answers in the room',
    ...(ofBots.length > 0 ? ['', 'Bots of this room answer these:', ''] : []),
    ...ofBots.map((command) => `- ${inCode(callOf(command, ofBots), command.args)} — ${command.help} (${command.bot.displayName}, bot)`),
  ].join('\n');
}

function inCode(call: string, args: string): string {
  return `\`/${call}${args ? ` ${args}` : ''}\``;
}
