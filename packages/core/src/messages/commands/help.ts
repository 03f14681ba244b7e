import { commandFiles, helpText } from '@parley/contracts/commands';
import { listBotCommands } from '../../accounts/bot-commands.js';
import { escapeMarkdown } from '../../prompts/built-in/markdown.js';
import { defineAnswer } from '../command-answer.js';

export default defineAnswer(commandFiles.help, async (deps, room) => {
  const ofBots = await listBotCommands(deps, room);
  // What bots say of themselves is text, and forms nothing in the answer.
  return helpText(
    ofBots.slice(0, maxInHelp).map(({ help, bot, ...command }) => ({
      ...command,
      help: escapeMarkdown(help),
      bot: { ...bot, displayName: escapeMarkdown(bot.displayName) },
    })),
  );
});

/** The most commands of bots that the answer names: a private answer has 64 kB at most, and a page shows them all at once. */
const maxInHelp = 100;
