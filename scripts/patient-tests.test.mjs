import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.useRealTimers());

test('a connection that fetch keeps leaves no timer where a test has stopped the clock', async () => {
  const server = createServer((_, response) => response.end('said')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = { setTimeout, clearTimeout };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const response = await fetch(`http://127.0.0.1:${server.address().port}`);
  expect(await response.text()).toBe('said');
  const timer = setTimeout(() => {}, 10);
  expect(vi.getTimerCount()).toBe(1);
  clearTimeout(timer);
  expect(vi.getTimerCount()).toBe(0);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  expect({ setTimeout, clearTimeout }).toEqual(own);
});
