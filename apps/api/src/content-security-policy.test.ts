import { expect, test } from 'vitest';
import { contentSecurityPolicy } from './content-security-policy.js';

const connectSources = (host: string, publicOrigins: string[] = []) =>
  /connect-src ([^;]*)/.exec(contentSecurityPolicy(host, publicOrigins))![1]!.split(' ');

test('the page may talk to where it came from and to its public origins, and to no other', () => {
  expect(connectSources('127.0.0.1:3000')).toEqual(["'self'", 'ws://127.0.0.1:3000', 'wss://127.0.0.1:3000']);
  expect(connectSources('chat.example.org', ['https://chat.example.org', 'http://other.example:8080'])).toEqual([
    "'self'",
    'ws://chat.example.org',
    'wss://chat.example.org',
    'ws://other.example:8080',
    'wss://other.example:8080',
  ]);
});

test('a host that is none says nothing in the policy', () => {
  for (const host of ['a; script-src *', '*', 'a b', "x'y", '[::1]:3000', '']) expect(connectSources(host)).toEqual(["'self'"]);
});
