import { mentionable, mentionCorpus } from '@parley/contracts/testing';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { MarkdownContext, type MarkdownScope } from './markdown-context.js';
import { GrowingMarkdown, Markdown } from './markdown.js';

const scope: MarkdownScope = {
  isHandle: (handle) => mentionable.has(handle),
  isBotHandle: (handle) => handle === 'weather',
  describeMessage: () => null,
  openMessage: () => undefined,
};

test.each(mentionCorpus)('$text marks $called, as the server calls them', ({ text, called }) => {
  for (const Content of [Markdown, GrowingMarkdown]) {
    const html = renderToStaticMarkup(
      <MarkdownContext value={scope}>
        <Content source={text} />
      </MarkdownContext>,
    );
    const marked = [...html.matchAll(/<span class="[^"]*bg-accent-soft[^"]*">[@＠]([^<]*)<\/span>/g)].map(([, handle]) =>
      handle!.toLowerCase(),
    );
    expect(marked).toEqual(called);
  }
});

test('a mention of a bot is marked as one, and its text is what was written', () => {
  const html = renderToStaticMarkup(
    <MarkdownContext value={{ ...scope, isHandle: () => true }}>
      <Markdown source="@Weather, tell @bo" />
    </MarkdownContext>,
  );
  const chips = [...html.matchAll(/<span class="([^"]*bg-accent-soft[^"]*)">([^<]*)<\/span>/g)];
  expect(chips.map(([, look, text]) => [text, look!.includes('bot')])).toEqual([
    ['@Weather', true],
    ['@bo', false],
  ]);
});
