import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchUrlTool, standsIn } from './fetch-url.js';
import { pageText } from './page-text.js';

let server: Server;
let base: string;
const asked: string[] = [];
const headers: Record<string, unknown>[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!);
    headers.push(request.headers);
    const pages: Record<string, [number, Record<string, string>, string | Buffer]> = {
      '/page': [200, { 'content-type': 'text/html; charset=utf-8' }, '<title>No</title><h1>Tea</h1><p>At <a href="/four">four</a>.'],
      '/moved': [302, { location: '/page' }, ''],
      '/round': [302, { location: '/round' }, ''],
      '/inside': [302, { location: 'http://127.0.0.2/secret' }, ''],
      '/picture': [200, { 'content-type': 'image/png' }, 'x'],
      '/long': [200, { 'content-type': 'text/plain' }, 'a'.repeat(2_000_000)],
      '/latin': [200, { 'content-type': 'text/plain; charset=latin1' }, Buffer.from([0xe9])],
    };
    const [status, head, body] = pages[request.url!] ?? [404, {}, ''];
    response.writeHead(status, head).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const tool = (allowed = ['127.0.0.1']) =>
  fetchUrlTool({ allowed: new AllowedAddresses(allowed) }, (address) => !address.includes('made-up'));
const read = (path: string, allowed?: string[]) => tool(allowed).call({ url: base + path }, new AbortController().signal);
const failed = (text: string) => ({ finding: { kind: 'text', text }, failed: true });

it('reads a page as text, with the addresses of its links, also after a redirect, and sends nothing of its own', async () => {
  const text = `No\nTea\n\nAt four (${base}/four).`;
  expect(await read('/page')).toEqual({ finding: { kind: 'text', text } });
  expect(await read('/moved')).toEqual({ finding: { kind: 'text', text } });
  expect(await read('/latin')).toEqual({ finding: { kind: 'text', text: 'é' } });
  expect(headers.every((each) => !('cookie' in each) && !('referer' in each) && !('authorization' in each))).toBe(true);
});

it('opens no address that was not given, and none of a private network, also not by a redirect', async () => {
  const before = asked.length;
  expect(await read('/made-up?said=4711')).toEqual(failed('That address is in no message and no page that was read, so it is not opened.'));
  expect(await read('/page', [])).toEqual(failed('That host was not found, or is on a private network.'));
  expect(asked).toHaveLength(before);
  expect(await read('/inside')).toEqual(failed('That host was not found, or is on a private network.'));
  expect(await tool().call({ url: 'file:///etc/passwd' }, new AbortController().signal)).toMatchObject({ failed: true });
  expect(await tool().call({}, new AbortController().signal)).toEqual(failed('Give url, an address that begins with https://.'));
});

it('reads half a megabyte, no pictures, and follows no circle', async () => {
  const long = await read('/long');
  expect(long.finding).toEqual({ kind: 'text', text: 'a'.repeat(512 * 1024) });
  expect(await read('/picture')).toEqual(failed('It is no text, but image/png.'));
  expect(await read('/round')).toEqual(failed('It leads from address to address.'));
  expect(await read('/none')).toEqual(failed('The answer was HTTP 404.'));
});

it.each([
  ['<script>if (1 < 2) secret()</script>seen<!-- not --> &amp; &#233;', 'seen & é'],
  ['<head><title>x</title></head><header>Menu</header>', 'Menu'],
  ['<a href="javascript:alert(1)">x</a> <a href=\'https://a.example/b\'>y</a>', 'x y (https://a.example/b)'],
  ['a < b and <unclosed', 'a'],
  ['<ul><li>one<li>two</ul>', 'one\n\ntwo'.replace('\n\n', '\n')],
])('%j shows %j', (html, text) => {
  expect(pageText(html, new URL('https://here.example/'))).toBe(text);
});

it.each([
  'https://a.example/b',
  'See https://a.example/b.',
  '[b](https://a.example/b), (https://a.example/b) or <https://a.example/b>',
  '**https://a.example/b**!',
  '{"url":"https://a.example/b"}',
  'Link:https://a.example/b',
  '見てhttps://a.example/b。',
  'https://a.example/bc and then https://a.example/b',
])('an address stands in %j', (text) => {
  expect(standsIn(text, 'https://a.example/b')).toBe(true);
});

it.each([
  ['https://a.example/b', 'https://a.ex'],
  ['https://a.example.org/', 'https://a.example'],
  ['https://a.example/bcdefghij', 'https://a.example/bcd'],
  ['https://a.example/b?said=abc', 'https://a.example/b'],
  ['https://a.example/b%20c', 'https://a.example/b'],
  ['https://a.example/käse', 'https://a.example/k'],
  ['https://a.example/?to=https://b.example/', 'https://b.example/'],
  ['https://a.example/https://b.example/', 'https://b.example/'],
  ['git+https://b.example/', 'https://b.example/'],
  ['https://a.example/b,c', 'https://a.example/b'],
  ['anything', ''],
])('in %j there is no address %j, which nobody wrote', (text, address) => {
  expect(standsIn(text, address)).toBe(false);
});
