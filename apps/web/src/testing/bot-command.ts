import type { BotCommandView } from '@parley/contracts';

/** A command of a bot, as `commands.list` tells it. */
export function botCommand(username: string, name: string, args = ''): BotCommandView {
  const bot = { id: `id-of-${username}`, username, displayName: username.toUpperCase(), avatar: { hue: 1, glyph: 'bot' } };
  return { name, args, help: `Does ${name}`, private: false, bot };
}
