import { expect, test } from 'vitest';
import { queueText } from './queue-text.js';

const reply = (character: string, askedBy: string, writing = false) => ({
  messageId: `${character} ${askedBy}`,
  character: { id: character, name: character },
  askedBy: { id: askedBy, name: askedBy },
  writing,
});
const resting = (character: string, askedBy: string) => ({ ...reply(character, askedBy), waitsFor: { id: askedBy, name: askedBy } });
const said = (replies: ReturnType<typeof reply>[], count = replies.length) =>
  queueText({ replies, count }, 'me').replace(/[\u2068\u2069]/g, '');

test.each([
  [[reply('Ada', 'Bo', true)], 1, 'Ada is answering Bo'],
  [[reply('Ada', 'me', true)], 1, 'Ada is answering you'],
  [[reply('Ada', 'Bo', true), reply('Ada', 'Cy')], 2, 'Ada is answering Bo · then Cy’s question'],
  [[reply('Ada', 'Bo', true), reply('Lin', 'me')], 2, 'Ada is answering Bo · then yours'],
  [
    [reply('Ada', 'Bo', true), reply('Lin', 'Cy', true), reply('Ada', 'Cy')],
    9,
    'Ada is answering Bo, Lin is answering Cy · then Cy’s question and 6 more',
  ],
  [[reply('Ada', 'Bo', true), reply('Lin', 'Cy', true), reply('Mo', 'Cy', true)], 3, 'Ada is answering Bo, Lin is answering Cy, 1 more'],
  [[reply('Ada', 'me')], 1, 'Next: yours'],
  [[resting('Ada', 'me')], 1, 'Ada waits for your yes'],
  [[reply('Lin', 'Cy'), resting('Ada', 'Bo')], 2, 'Ada waits for Bo’s yes · then Cy’s question'],
  [[reply('Lin', 'Cy', true), resting('Ada', 'Bo')], 2, 'Lin is answering Cy, Ada waits for Bo’s yes'],
  [[reply('Ada', 'Bo'), reply('Ada', 'Cy')], 2, 'Next: Bo’s question and 1 more'],
])('says who answers whom, and whose turn is next (%#)', (replies, count, text) => {
  expect(said(replies, count)).toBe(text);
});
