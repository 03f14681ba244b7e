import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../paths.mjs';
import { nginxConf } from './nginx-conf.mjs';
import { parseClusterArguments } from './options.mjs';

describe('parseClusterArguments', () => {
  test.each([
    [[], {}, { apis: 3, workers: 2, port: 3000 }],
    [['--api', '5', '--workers=3'], {}, { apis: 5, workers: 3, port: 3000 }],
    [['--port', '8080'], { PORT: '4000' }, { apis: 3, workers: 2, port: 8080 }],
    [[], { PORT: '4000' }, { apis: 3, workers: 2, port: 4000 }],
  ])('%j with %j', (args, env, expected) => {
    expect(parseClusterArguments(args, env)).toEqual(expected);
  });

  test.each([['--api'], ['--api', '0'], ['--api', 'many'], ['--port', '70000'], ['--toString', '1'], ['5']].map((args) => [args]))(
    '%j is refused with a sentence',
    (args) => {
      expect(() => parseClusterArguments(args, {})).toThrow(expect.objectContaining({ name: 'StepError' }));
    },
  );
});

test('nginx knows every API, and believes no client about where it comes from or whom it called', () => {
  const conf = nginxConf({ port: 3000, apiPorts: [4001, 4002], directory: '/tmp/a "quoted" place' });
  expect(conf.match(/server 127\.0\.0\.1:400\d/g)).toEqual(['server 127.0.0.1:4001', 'server 127.0.0.1:4002']);
  expect(conf).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
  expect(conf).toContain('proxy_set_header X-Forwarded-Host $http_host;');
  expect(conf).toContain('pid "/tmp/a \\"quoted\\" place/nginx.pid";');
});

test('nginx passes requests on in containers as it does on one machine', () => {
  /** @param {string} conf */
  const passing = (conf) => [/\n {2}map [^]*?\n {2}\}/, /\n {4}location \/ [^]*?\n {4}\}/].map((block) => block.exec(conf)?.[0]);
  const [map, location] = passing(nginxConf({ port: 3000, apiPorts: [4001], directory: '/tmp' }));
  expect(map).toContain('$http_upgrade');
  expect(location).toContain('proxy_pass');
  expect(passing(readFileSync(join(root, 'deploy/nginx/nginx.conf'), 'utf8'))).toEqual([map, location]);
});
