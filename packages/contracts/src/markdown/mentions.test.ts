import { expect, test } from 'vitest';
import { mentionable, mentionCorpus } from '../testing/mention-corpus.js';
import { mentionsIn } from './mentions.js';
import { splitMentions } from './split-mentions.js';

test.each(mentionCorpus)('$text calls $called', ({ text, called }) => {
  const handles = mentionsIn(text).flatMap((candidates) => candidates.find((handle) => mentionable.has(handle)) ?? []);
  expect(handles).toEqual(called);
});

test.each([
  ['@ada and @Bo, please', [['ada'], ['bo']]],
  ['@ada @ada', [['ada']]],
  ['(@cy.de) "@e-f_g"', [['cy.de', 'cy'], ['e-f_g']]],
  ['@a.b.c-_ and @cy._.d', [['a.b.c-_', 'a.b.c', 'a.b'], ['cy']]],
  [`@${'x'.repeat(33)} @${'y'.repeat(32)}`, [['y'.repeat(32)]]],
  ['@', []],
  ['@@ada and https://x.example/@ada', []],
])('%j may mean %j', (content, handles) => {
  expect(mentionsIn(content)).toEqual(handles);
});

test('what is marked and what is not is the text', () => {
  const mentions = [
    { index: 2, handles: ['ada.x', 'ada'] },
    { index: 9, handles: ['bo'] },
  ];
  expect(splitMentions({ type: 'text', raw: '& @Ada.x @bo', text: '', mentions }, (handle) => handle === 'ada')).toEqual([
    { text: '& ', mention: false },
    { text: '@Ada', mention: true },
    { text: '.x @bo', mention: false },
  ]);
});
