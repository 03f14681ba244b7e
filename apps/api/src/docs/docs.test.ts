import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyScopes } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../../../scripts/lib/paths.mjs';
import { createTestApi, type TestApi } from '../testing/test-api.js';
import { renderDocument } from './render-document.js';

describe('/docs', () => {
  let world: TestApi;
  beforeAll(async () => {
    world = await createTestApi();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, world.api.url), { redirect: 'manual', ...init });
  const links = (html: string) => [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'));

  test('each document is there and in the index, and every link of every page leads to what there is', async () => {
    const names = readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [name.slice(0, -'.md'.length)] : []));
    const pages = new Map<string, string>();
    for (const path of ['/docs', ...names.map((name) => `/docs/${name}`), '/api/docs']) {
      const response = await get(path);
      expect([path, response.status, response.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8']);
      pages.set(path, await response.text());
    }
    for (const name of names) expect(links(pages.get('/docs')!)).toContain(`/docs/${name}`);
    const statuses = new Map<string, number>();
    for (const [path, html] of pages) {
      for (const link of links(html).filter((href) => !/^https?:/.test(href))) {
        const { pathname, hash } = new URL(link, `http://localhost${path}`);
        if (!statuses.has(pathname)) statuses.set(pathname, (await get(pathname)).status);
        // The page itself is not built here.
        if (pathname !== '/') expect([path, link, statuses.get(pathname)]).toEqual([path, link, 200]);
        if (hash !== '') expect([path, link, pages.get(pathname)?.includes(`id="${hash.slice(1)}"`)]).toEqual([path, link, true]);
      }
    }
  });

  test('a page loads its styles and its script from here alone, by its own policy', async () => {
    const response = await get('/docs/rest');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    const html = await response.text();
    expect(html).not.toMatch(/<script(?! src="\/docs\/copy\.js")|style="|<style/);
    for (const [path, type] of [
      ['/docs/style.css', 'text/css'],
      ['/docs/copy.js', 'text/javascript'],
    ]) {
      const asset = await get(path!);
      expect([asset.status, asset.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
    }
    expect([(await get('/docs/')).status, (await get('/docs', { method: 'HEAD' })).status]).toEqual([301, 200]);
  });

  test('what is no document is answered by a problem', async () => {
    for (const path of ['/docs/nothing', '/docs/constructor', '/docs/decisions', '/docs/rest.md']) {
      const response = await get(path);
      expect([path, response.status, ((await response.json()) as { code: string }).code]).toEqual([path, 404, 'NOT_FOUND']);
    }
  });
});

test('docs/keys.md has every scope', () => {
  const named = [...readFileSync(join(root, 'docs/keys.md'), 'utf8').matchAll(/^\| `([a-z]+:[a-z]+)` \|/gm)].map(([, scope]) => scope);
  expect(named.sort()).toEqual([...keyScopes].sort());
});

test('a document’s links lead to where the server has them, and are text where it has not; its code is shown as it is', () => {
  const { title, summary, sections, html } = renderDocument(
    [
      '# Title `x`',
      'It: what it is, in one sentence that goes on for long: more. And [more](wire.md).',
      '## One two, `three`?',
      '[here](wire.md#calls), [not here](../README.md), [nor](decisions/0001-x.md), [there](https://example.org/a?b&c)',
      '## One two, three?',
      '<script>alert(1)</script> a <b> b',
      '```sh\ncurl "$URL" <&1\n```',
      '| a | b |\n| --- | --- |\n| `x` | [y](wire.md) |',
    ].join('\n\n'),
    (name) => name === 'wire',
  );
  expect({ title, summary, sections }).toEqual({
    title: 'Title x',
    summary: 'It: what it is, in one sentence that goes on for long.',
    sections: [
      { id: 'one-two-three', title: 'One two, three?' },
      { id: 'one-two-three-1', title: 'One two, three?' },
    ],
  });
  expect(html).toContain('<a href="/docs/wire#calls">here</a>, not here, nor, <a href="https://example.org/a?b&amp;c">there</a>');
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(html).not.toContain('<script');
  expect(html).toContain(
    '<figure class="code" data-language="sh"><pre tabindex="0"><code>curl &quot;$URL&quot; &lt;&amp;1</code></pre></figure>',
  );
  expect(html).toContain('<td><code>x</code></td><td><a href="/docs/wire">y</a></td>');
});
