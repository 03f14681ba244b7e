import { expect, test } from 'vitest';
import { AllowedAddresses } from './private-addresses.js';
import { findWebhookTarget } from './webhook-target.js';

const none = new AllowedAddresses([]);
const nobody = () => Promise.reject(new Error('no name is to be resolved'));

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0.0.0.0/',
  'http://10.0.0.1:8080/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[::ffff:8.8.8.8]/',
  'http://[::7f00:1]/',
  'http://[64:ff9b::10.0.0.1]/',
  'http://[64:ff9b:1::1]/',
  'http://[100::1]/',
  'http://[2001::1]/',
  'http://[2001:db8::1]/',
  'http://[2002:a00:1::1]/',
  'http://[fc00::1]/',
  'http://[fd12:3456::1]/',
  'http://[fe80::1]/',
  'http://[ff02::1]/',
])('%s is on a private network', async (url) => {
  expect(await findWebhookTarget(url, none, nobody)).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('private network') as unknown,
  });
});

test.each([
  ['https://8.8.8.8/in', '8.8.8.8', 4],
  ['http://172.32.0.1:9/in', '172.32.0.1', 4],
  ['https://[2606:4700::1111]/in', '2606:4700::1111', 6],
])('%s may be called', async (url, address, family) => {
  expect(await findWebhookTarget(url, none, nobody)).toMatchObject({ kind: 'found', address, family });
});

test('what an operator allows may be called: ranges, addresses and names', async () => {
  const allowed = new AllowedAddresses(['10.1.0.0/16', '127.0.0.1', 'fd00::/8', 'builds.internal']);
  const resolve = (hostname: string) => Promise.resolve([{ address: hostname === 'builds.internal' ? '192.168.7.7' : '10.2.0.1' }]);
  const kinds = async (...urls: string[]) =>
    (await Promise.all(urls.map((url) => findWebhookTarget(url, allowed, resolve)))).map(({ kind }) => kind);
  expect(
    await kinds('http://10.1.2.3/', 'http://127.0.0.1/', 'http://[fd00::2]/', 'http://builds.internal/', 'http://BUILDS.internal./'),
  ).toEqual(Array.from({ length: 5 }, () => 'found'));
  expect(await kinds('http://10.2.0.1/', 'http://127.0.0.2/', 'http://[fc00::2]/', 'http://other.internal/')).toEqual(
    Array.from({ length: 4 }, () => 'refused'),
  );
});

test('a name is resolved once, and refused if any of its addresses is', async () => {
  let asked = 0;
  const both = () => Promise.resolve([{ address: '8.8.8.8' }, { address: asked++ === 0 ? '10.0.0.1' : '8.8.4.4' }]);
  expect(await findWebhookTarget('https://a.example/', none, both)).toMatchObject({ kind: 'refused' });
  expect(await findWebhookTarget('https://a.example/', none, both)).toMatchObject({ kind: 'found', address: '8.8.8.8' });
  expect(asked).toBe(2);
  // Whoever asks learns no names of this network.
  const missing = await findWebhookTarget('https://a.example/', none, nobody);
  expect(missing).toMatchObject({ kind: 'refused', why: expect.stringContaining('a.example was not found, or is') as unknown });
  expect(await findWebhookTarget('https://a.example/', none, () => Promise.resolve([{ address: '10.0.0.1' }]))).toEqual(missing);
  expect(await findWebhookTarget('https://a:b@a.example/', none, both)).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('password') as unknown,
  });
  expect(await findWebhookTarget('ftp://a.example/', none, both)).toMatchObject({ kind: 'refused' });
});
