import { renderToStaticMarkup } from 'react-dom/server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { highlight } from './highlight.js';

const html = (text: string, language: string) => renderToStaticMarkup(<>{highlight(text, language)}</>);
const textOf = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#x27;/g, "'")
    .replace(/&amp;/g, '&');

test('words, names and values have classes of their own', () => {
  const markup = html('for await (const row of parse(stream)) { flush(5_000); }', 'ts');
  expect(markup).toContain('<span class="hljs-keyword">await</span>');
  expect(markup).toContain('<span class="hljs-title function_">parse</span>');
  expect(markup).toContain('<span class="hljs-number">5_000</span>');
});

test('a language that is not known is left as it is', () => {
  expect(highlight('x', 'klingon')).toBeNull();
});

test('markup in code is text, and the text is the same whatever it is', () => {
  expect(html('<img src=x onerror="alert(1)">', 'html')).not.toContain('<img');
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.constantFrom('ts', 'html', 'python', 'bash', 'json', 'diff'),
      (text, language) => {
        expect(textOf(html(text, language))).toBe(text);
      },
    ),
    { numRuns: 200 },
  );
});
