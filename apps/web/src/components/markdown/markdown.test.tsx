import { obeyed } from '@parley/contracts/testing';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { MarkdownContext, type MarkdownScope } from './markdown-context.js';
import { GrowingMarkdown, Markdown } from './markdown.js';

const messageId = '018f0000-0000-7000-8000-000000000001';
const scope: MarkdownScope = {
  isHandle: (handle) => handle === 'ada',
  isBotHandle: () => false,
  describeMessage: (id) => (id === messageId ? 'Bo 14:02' : null),
  openMessage: () => undefined,
};

const render = (source: string) => renderToStaticMarkup(<Markdown source={source} />);
const renderInRoom = (source: string) =>
  renderToStaticMarkup(
    <MarkdownContext value={scope}>
      <Markdown source={source} />
    </MarkdownContext>,
  );

const allowedElements = new Set(
  'div p ul ol li h3 h4 h5 h6 strong em del code pre blockquote hr br a table thead tbody tr th td input span button svg path rect'.split(
    ' ',
  ),
);
const allowedAttributes = new Set(
  'class href data-place target rel start type checked disabled readonly readOnly style tabindex aria-label aria-hidden aria-labelledby role dir'.split(
    ' ',
  ),
);

/** Text is escaped, so every `<` in the output opens an element that the renderer made. */
function expectHarmless(html: string): void {
  for (const [, name, attributes] of html.matchAll(/<\/?([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g)) {
    expect(allowedElements, html).toContain(name);
    for (const [, attribute, value] of attributes!.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)) {
      if (name === 'svg' || name === 'path' || name === 'rect') continue;
      expect(allowedAttributes, html).toContain(attribute);
      if (attribute === 'href') expect(value, html).toMatch(/^(?:https?:\/\/|mailto:|#message-|\/rooms\/[\da-f-]{36}\?at=\d+#message-)/);
      if (attribute === 'style') expect(value, html).toMatch(/^text-align:(?:left|right|center)$/);
    }
  }
  const opened = html.match(/</g)?.length ?? 0;
  const understood = html.match(/<\/?([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g)?.length ?? 0;
  expect(understood, `every tag is accounted for in ${html}`).toBe(opened);
}

const hostile = [
  '<script>alert(1)</script>',
  'before <script src="https://evil.example/x.js"></script> after',
  '<img src=x onerror=alert(1)>',
  '<b onclick="alert(1)">bold</b>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<!-- --><svg/onload=alert(1)>',
  '[click](javascript:alert(1))',
  '[click](JaVaScRiPt:alert(1))',
  '[click](java&#115;cript:alert(1))',
  '[click](javascript&colon;alert(1))',
  '[click](<java\tscript:alert(1)>)',
  '[click](data:text/html;base64,PHNjcmlwdD4=)',
  '[click](vbscript:x) [file](file:///etc/passwd) [rel](/admin) [proto](//evil.example)',
  '[ref]\n\n[ref]: javascript:alert(1) "t"',
  '<javascript:alert(1)>',
  '![pixel](https://evil.example/pixel.png)',
  '![pixel](data:image/svg+xml,<svg onload=alert(1)>)',
  '[![nested](https://evil.example/a.png)](javascript:alert(1))',
  '| a |\n| - |\n| <img src=x onerror=alert(1)> |',
  '```html\n<script>alert(1)</script>\n```',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '# <style>*{display:none}</style>',
  `[fake](#message-${messageId}"onmouseover="alert(1))`,
];

describe('hostile Markdown', () => {
  test.each(hostile)('does nothing: %s', (source) => {
    expectHarmless(render(source));
  });

  test.each(hostile)('does nothing at any moment while it arrives: %s', (source) => {
    for (let end = 0; end <= source.length; end++) {
      expectHarmless(renderToStaticMarkup(<GrowingMarkdown source={source.slice(0, end)} />));
    }
  });

  // `expectHarmless` lets through no element and no attribute that loads anything; a link goes to the web, or to a message, when it is pressed.
  test.each(obeyed)('calls nobody for what a model writes that obeyed somebody: %s', (source) => {
    expectHarmless(render(source));
    expectHarmless(renderInRoom(source));
    for (let end = 0; end <= source.length; end++) expectHarmless(renderToStaticMarkup(<GrowingMarkdown source={source.slice(0, end)} />));
  });

  test('raw HTML is shown as it was written', () => {
    expect(render('a <b>c</b>')).toContain('a &lt;b&gt;c&lt;/b&gt;');
    expect(render('<script>alert(1)</script>')).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  test('escaped HTML is text, once', () => {
    expect(render('&lt;script&gt; &amp;amp;')).toContain('&lt;script&gt; &amp;amp;');
  });
});

describe('links', () => {
  test('to the web open apart and say nothing of where they come from', () => {
    expect(render('[plan](https://example.org/a?b=1&c=2)')).toContain(
      '<a class="link" href="https://example.org/a?b=1&amp;c=2" data-place="example.org" target="_blank" rel="noopener noreferrer">plan</a>',
    );
  });

  test('say where they lead, unless their text does', () => {
    const placeOf = (source: string) => /data-place="([^"]*)"/.exec(render(source))?.[1] ?? null;
    for (const said of [
      'https://example.org/a',
      '[example.org](https://example.org/a)',
      '[EXAMPLE.org/docs](https://example.org/b)',
      'tess@example.org',
      '[https://example.org:8080/](https://example.org:8080/a)',
    ]) {
      expect(placeOf(said), said).toBeNull();
    }
    for (const [source, place] of [
      ['[good.example](https://evil.example/?d=4711)', 'evil.example'],
      ['[https://good.example/account](https://evil.example)', 'evil.example'],
      ['[good.example](https://good.example.evil.example)', 'good.example.evil.example'],
      // What stands before the sign is a name, and no host.
      ['https://good.example@evil.example/', 'evil.example'],
      ['[https://good.example:443@evil.example](https://evil.example)', 'evil.example'],
      ['[gооd.example](https://gооd.example)', 'xn--gd-fmca.example'],
      ['[good.example and more](https://evil.example)', 'evil.example'],
      ['![a chart](https://evil.example/c.png)', 'evil.example'],
      ['[tess@good.example](mailto:mallory@evil.example)', 'mallory@evil.example'],
      ['[**good.example**](https://good.example)', 'good.example'],
    ]) {
      expect(placeOf(source!), source).toBe(place);
    }
  });

  test('of other kinds are their text', () => {
    expect(render('[click](javascript:alert(1))')).toBe('<div class="prose-message"><p>click</p></div>');
  });

  test('an image is a link with its description', () => {
    const html = render('![a chart](https://example.org/chart.png)');
    expect(html).not.toContain('<img');
    expect(html).toMatch(/<a class="link" href="https:\/\/example.org\/chart.png"[^>]*>a chart<\/a>/);
  });

  test('to a message are chips that name it', () => {
    const html = renderInRoom(`See [there](#message-${messageId})`);
    expect(html).toContain(`href="#message-${messageId}"`);
    expect(html).toContain('>Bo 14:02</a>');
  });

  test('to the source of an answer are its number, which says for screen readers what it leads to', () => {
    const html = renderInRoom(`Friday[12](#message-${messageId}).`);
    expect(html).toContain('aria-label="Source 12: Bo 14:02"');
    expect(html).toContain('>12</a>.');
  });

  test('to the source of an answer in another room are its number too, with the address of that room', () => {
    const address = `/rooms/018f0000-0000-7000-8000-0000000000ff?at=12#message-018f0000-0000-7000-8000-00000000fffe`;
    expect(renderInRoom(`Friday[3](${address}).`)).toContain(`href="${address}"`);
    expect(renderInRoom(`Friday[3](${address}).`)).toContain('>3</a>.');
    for (const other of ['/rooms/new', '/rooms/../x?at=1#message-1', '//evil.example/#message-1', `/settings${address}`, `/x${address}`]) {
      expect(renderInRoom(`Friday[3](${other}).`), other).not.toContain('<a ');
    }
  });

  test('of a point without a source say so, and lead nowhere', () => {
    const html = renderInRoom('- cake[*](#no-source)\n- [*](#elsewhere) [x](#no-source)');
    expect(html).toContain('>no source</span>');
    expect(html.match(/no source</g)).toHaveLength(1);
    expect(html).not.toContain('<a ');
  });

  test('to a message that is not loaded keep their text', () => {
    expect(renderInRoom('[there](#message-018f0000-0000-7000-8000-00000000ffff)')).toContain('>there</a>');
  });
});

describe('what people write', () => {
  test('a line break is one', () => {
    expect(render('one\ntwo')).toContain('one<br/>two');
  });

  test('mathematics stays as it was written, line by line', () => {
    expect(render('so \\(x_1\\)')).toContain('<p>so \\(x_1\\)</p>');
    expect(render('\\[\nx_1 * y\n\\]')).toContain('<p><span class="whitespace-pre-wrap">\\[\nx_1 * y\n\\]</span></p>');
  });

  test('a known handle is marked, in code and for strangers not', () => {
    const html = renderInRoom('@ada and @nobody, `@ada`');
    expect(html.match(/bg-accent-soft/g)).toHaveLength(1);
    expect(html).toContain('@nobody');
    expect(html).toContain('<code>@ada</code>');
  });

  test('code keeps what looks like a reference', () => {
    expect(render('`&lt;`')).toContain('<code>&amp;lt;</code>');
  });

  test('a caret stands at the end of what has arrived', () => {
    const html = renderToStaticMarkup(<GrowingMarkdown source={'- a\n- b'} />);
    expect(html).toMatch(/b<span aria-hidden="true"[^>]*><\/span><\/li><\/ul>/);
  });
});
