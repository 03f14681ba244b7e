import { mentionable, mentionCorpus } from '@parley/contracts/testing';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { MarkdownContext, type MarkdownScope } from './markdown-context.js';
import { GrowingMarkdown, Markdown } from './markdown.js';

const scope: MarkdownScope = {
  isHandle: (handle) => mentionable.has(handle),
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
