import { describe, expect, it } from 'vitest';
import { parseServers } from './nats-servers.js';

describe('parseServers', () => {
  it('reads one, several and an array, with 4222 as the port', () => {
    expect(parseServers('nats://one')).toEqual({ servers: ['one:4222'], label: 'one:4222' });
    expect(parseServers('nats://one:1, two')).toEqual({ servers: ['one:1', 'two:4222'], label: 'one:1, two:4222' });
    expect(parseServers(['nats://[::1]:80', 'nats://10.0.0.1'])).toMatchObject({ servers: ['[::1]:80', '10.0.0.1:4222'] });
  });

  it('takes user and password, or a token, and keeps them out of the label', () => {
    expect(parseServers('nats://us%40er:pa%3Ass@one')).toEqual({ servers: ['one:4222'], label: 'one:4222', user: 'us@er', pass: 'pa:ss' });
    expect(parseServers('nats://one,nats://token@two')).toMatchObject({ label: 'one:4222, two:4222', token: 'token' });
  });

  it('wants TLS for tls://', () => {
    expect(parseServers('tls://one')).toMatchObject({ servers: ['one:4222'], tls: {} });
  });

  it.each(['', ' , ', 'http://one', 'ws://one', 'nats://', 'nats://one:port'])('refuses %j, without repeating it', (text) => {
    expect(() => parseServers(text)).toThrow(TypeError);
    expect(() => parseServers(`nats://user:secret@one:x`)).toThrow(/^(?!.*secret)/);
  });
});
