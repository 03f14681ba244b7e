import { Parley } from '@parley/client';

const parley = new Parley({ url: process.env.PARLEY_URL ?? 'http://127.0.0.1:3000', key: process.env.PARLEY_KEY ?? '' });
const bot = parley.bot();

bot.on('mention', async (message) => {
  await message.reply(`You said: ${message.text}`);
});

await bot.start();
console.log('Mention me in a room.');
