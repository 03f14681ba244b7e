import { setTimeout } from 'node:timers/promises';
import { Parley } from '@parley/client';

const parley = new Parley({ url: process.env.PARLEY_URL ?? 'http://127.0.0.1:3000', key: process.env.PARLEY_KEY ?? '' });

/** Stands for a model, which would be given the prompt and the messages: says what was asked, word by word. */
async function* think({ prompt, messages, trigger, signal }) {
  const question = trigger.question ?? `${prompt}\n${messages.at(-1).content}`;
  for (const word of `You asked: ${question}`.split(/(?<= )/)) {
    await setTimeout(100, undefined, { signal });
    yield word;
  }
}

console.log('Serving.');
for await (const task of parley.agent(process.env.PARLEY_CHARACTER ?? '@scout').tasks()) {
  try {
    for await (const piece of think(task)) await task.write(piece);
    await task.done();
  } catch (error) {
    // Of an answer that somebody stopped, this ends it as stopped.
    await task.fail(error.message);
  }
}
