import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Collected } from '../../harness/collected.js';
import { TcpProxy } from './tcp-proxy.js';

let proxy: TcpProxy;
let echo: ReturnType<typeof createServer>;

beforeEach(async () => {
  echo = createServer((socket) => void socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.start(() => ({ port: (echo.address() as AddressInfo).port }));
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  echo.close();
});

function open(): { socket: Socket; received: Collected<string>; text: () => string; closed: Promise<unknown> } {
  const socket = connect(proxy.port, '127.0.0.1');
  const received = new Collected<string>();
  socket.setEncoding('utf8').on('data', (chunk) => received.push(String(chunk)));
  socket.on('error', () => {});
  return { socket, received, text: () => received.items.join(''), closed: new Promise((resolve) => socket.once('close', resolve)) };
}

it('passes bytes on', async () => {
  const { socket, received, text } = open();
  socket.write('hello');
  await received.until(() => text() === 'hello');
});

it('cuts what is open and takes new connections; refuses until it is restored', async () => {
  const first = open();
  first.socket.write('a');
  await first.received.until(() => first.text() === 'a');
  proxy.cut();
  await first.closed;
  const second = open();
  second.socket.write('b');
  await second.received.until(() => second.text() === 'b');
  proxy.refuse();
  await second.closed;
  await open().closed;
  proxy.restore();
  const third = open();
  third.socket.write('c');
  await third.received.until(() => third.text() === 'c');
});

it('holds everything while it is frozen, and loses nothing of it', async () => {
  const { socket, received, text } = open();
  socket.write('a');
  await received.until(() => text() === 'a');
  proxy.freeze();
  socket.write('bc');
  // This other connection does not use the proxy. Once it is answered, anything that the frozen link let through would have arrived.
  const other = connect((echo.address() as AddressInfo).port, '127.0.0.1');
  other.write('x');
  await once(other, 'data');
  other.destroy();
  expect(text()).toBe('a');
  proxy.restore();
  await received.until(() => text() === 'abc');
});

it('cuts each connection after exactly so many bytes', async () => {
  const limits = [5, 3];
  proxy.cutEachAfter(() => limits.shift()!);
  for (const expected of ['12345', '123']) {
    const { socket, text, closed } = open();
    socket.write('123456789');
    await closed;
    expect(text()).toBe(expected);
  }
  proxy.restore();
  const next = open();
  next.socket.write('123456789');
  await next.received.until(() => next.text() === '123456789');
});
