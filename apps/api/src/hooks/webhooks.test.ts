import { createSocket } from 'node:dgram';
import dns from 'node:dns/promises';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createTestApi } from '../testing/test-api.js';

/** Where a question about a name stands, behind the head. */
const question = 12;
/** An answer that there is no such name. */
const noSuchName = 0x8183;

/** A nameserver that knows no name, and says so when it is told to. */
async function slowNameserver() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const asked = new Set<string>();
  let isSilent = true;
  socket.on('message', (query, { port, address }) => {
    const length = query[question]!;
    asked.add(query.toString('latin1', question + 1, question + 1 + length).toLowerCase());
    if (isSilent) return;
    const answer = Buffer.from(query);
    answer.writeUInt16BE(noSuchName, 2);
    socket.send(answer, port, address);
  });
  const before = dns.getServers();
  dns.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    asked,
    speak: () => void (isSilent = false),
    [Symbol.dispose]() {
      dns.setServers(before);
      socket.close();
    },
  };
}

test('an address whose nameserver is silent holds up nobody, and its person two at a time', async () => {
  using nameserver = await slowNameserver();
  await using world = await createTestApi({ CALLS_PER_PERSON: '1', CALLS_AT_ONCE: '1' });
  const [olga, ben] = [await world.register('olga'), await world.register('ben')];
  const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour' });
  const made = await olga.http.webhooks.create.mutate({ roomId, url: 'https://8.8.8.8/in', events: ['message.created'] });
  const urlOf = (name: string) => `https://${name}.slow.example/in`;
  const outcome = (call: Promise<unknown>) =>
    call.then(
      () => 'done',
      (error: { data: { appCode: string; field?: string } }) => `${error.data.appCode} ${error.data.field}`,
    );
  const calls = [
    outcome(olga.http.webhooks.create.mutate({ roomId, url: urlOf('one'), events: ['message.created'] })),
    outcome(olga.http.webhooks.update.mutate({ webhookId: made.id, url: urlOf('two') })),
    outcome(olga.http.webhooks.update.mutate({ webhookId: made.id, url: urlOf('three') })),
  ];
  await expect.poll(() => nameserver.asked.size, { timeout: 20_000 }).toBe(2);
  // Meanwhile others, and she herself, are answered.
  expect(await ben.http.rooms.list.query()).not.toEqual([]);
  expect(await olga.http.webhooks.list.query({ roomId })).toMatchObject([{ id: made.id, url: 'https://8.8.8.8/in' }]);
  nameserver.speak();
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 3 }, () => 'VALIDATION url'));
  expect(nameserver.asked).toEqual(new Set(['one', 'two', 'three']));
}, 60_000);
