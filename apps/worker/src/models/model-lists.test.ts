import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { maxListedModels } from '@parley/contracts';
import { startModelServer, type ModelServer } from '@parley/model-server';
import { describe, expect, it } from 'vitest';
import { ModelLists } from './model-lists.js';
import { createModels } from './providers.js';

describe('lists of models', () => {
  it('come from each provider in its own form, with its key, of the models that characters may name', async () => {
    await using server = await startModelServer({ models: ['m-1', 'm-2', 'text-embedding-3', 'tts-1', 'no name', 'm-2'] });
    const lists = listsOf(server);
    expect(await lists.all()).toEqual([
      { name: 'openai', models: ['openai:m-1', 'openai:m-2'], problem: null },
      { name: 'anthropic', models: ['anthropic:m-1'], problem: null },
      { name: 'google', models: ['google:m-1', 'google:m-2'], problem: null },
      { name: 'ollama', models: ['ollama:m-1', 'ollama:m-2'], problem: null },
    ]);
    expect(server.listings.map(({ protocol, key }) => `${protocol} ${key}`).toSorted()).toEqual([
      'anthropic sk-a',
      'google sk-g',
      'openai null',
      'openai sk-o',
    ]);
  });

  it('are asked for once, however many want them, and again after some minutes; after a failure soon', async () => {
    await using server = await startModelServer();
    let now = 0;
    const lists = listsOf(server, () => now);
    await Promise.all([lists.all(), lists.all()]);
    await lists.all();
    expect(server.listings).toHaveLength(4);
    now += 600_001;
    server.listModels({ refuse: 'bad_key' });
    expect((await lists.all()).map(({ problem }) => problem)).toEqual([
      '“openai” refused the server’s key.',
      '“anthropic” refused the server’s key.',
      // Google says 400 of a wrong key.
      '“google” gives no list of its models.',
      '“ollama” refused the server’s key.',
    ]);
    const asked = server.listings.length;
    await lists.all();
    expect(server.listings).toHaveLength(asked);
    server.reset();
    now += 15_001;
    expect((await lists.all()).every(({ problem }) => problem === null)).toBe(true);
  });

  it('say why there is none: nobody there, no list at that address, one that is no list or too long, more than are shown', async () => {
    const problemOf = async (body: (send: (text: string) => void) => void) => {
      const server = createServer((_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        body((text) => response.write(text));
        response.end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const [list] = await new ModelLists(
        createModels({ providers: [{ name: 'own', protocol: 'openai', baseUrl }], modelsAllowed: ['own:*'] }),
      ).all();
      server.close();
      server.closeAllConnections();
      return list!;
    };
    expect((await problemOf((send) => send('<html>'))).problem).toBe('“own” gives no list of its models.');
    expect((await problemOf((send) => send('{"data":{}}'))).problem).toBe('“own” gives no list of its models.');
    const long = await problemOf((send) => {
      for (let n = 0; n < 50; n++) send('x'.repeat(100_000));
    });
    expect(long.problem).toBe('“own” gives no list of its models.');
    const many = await problemOf((send) => send(JSON.stringify({ data: Array.from({ length: 900 }, (_, n) => ({ id: `m${n}` })) })));
    expect(many).toMatchObject({ problem: null, models: { length: maxListedModels } });
    const gone = await startModelServer();
    await gone.close();
    expect((await listsOf(gone).all())[3]!.problem).toBe('“ollama” did not answer.');
  });
});

function listsOf(server: ModelServer, now?: () => number): ModelLists {
  const models = createModels({
    openaiBaseUrl: server.url,
    openaiApiKey: 'sk-o',
    anthropicBaseUrl: server.anthropicUrl,
    anthropicApiKey: 'sk-a',
    googleBaseUrl: server.googleUrl,
    googleApiKey: 'sk-g',
    providers: [{ name: 'ollama', protocol: 'openai', baseUrl: server.origin }],
    modelsAllowed: ['openai:*', 'anthropic:m-1', 'google:*', 'ollama:*'],
  });
  return new ModelLists(models, now);
}
