import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiEnvShape } from '../../../apps/api/src/env.js';
import { problemOf } from '../../../apps/api/src/http-errors.js';
import { maxBodyBytes } from '../../../apps/api/src/http-server.js';
import { AppError, maxRoomFileBytes, operations } from '../../../packages/contracts/src/index.js';
import { root } from '../paths.mjs';
import { nginxConf } from './nginx-conf.mjs';
import { parseClusterArguments } from './options.mjs';

describe('parseClusterArguments', () => {
  const none = { data: null, tls: null };
  test.each([
    [[], {}, { ...none, apis: 3, workers: 2, port: 3000 }],
    [['--api', '5', '--workers=3'], {}, { ...none, apis: 5, workers: 3, port: 3000 }],
    [['--port', '8080'], { PORT: '4000' }, { ...none, apis: 3, workers: 2, port: 8080 }],
    [[], { PORT: '4000' }, { ...none, apis: 3, workers: 2, port: 4000 }],
    [['--data', '/srv/x', '--tls=/etc/tls'], {}, { data: '/srv/x', tls: '/etc/tls', apis: 3, workers: 2, port: 3000 }],
  ])('%j with %j', (args, env, expected) => {
    expect(parseClusterArguments(args, env)).toEqual(expected);
  });

  test.each(
    [['--api'], ['--api', '0'], ['--api', 'many'], ['--port', '70000'], ['--toString', '1'], ['--data'], ['5']].map((args) => [args]),
  )('%j is refused with a sentence', (args) => {
    expect(() => parseClusterArguments(args, {})).toThrow(expect.objectContaining({ name: 'StepError' }));
  });
});

test('nginx knows every API, and believes no client about where it comes from or whom it called', () => {
  const conf = nginxConf({ port: 3000, apiPorts: [4001, 4002], directory: '/tmp/a "quoted" place' });
  expect(conf.match(/server 127\.0\.0\.1:400\d/g)).toEqual(['server 127.0.0.1:4001', 'server 127.0.0.1:4002']);
  expect(conf).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
  expect(conf).toContain('proxy_set_header X-Forwarded-Host $http_host;');
  expect(conf).toContain('proxy_pass http://$apis;');
  expect(conf).not.toMatch(/\$\{/);
  expect(conf).toContain('pid "/tmp/a \\"quoted\\" place/nginx.pid";');
});

test('containers put in every variable that the file of nginx has, and no other', () => {
  const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  const templates = ['nginx.conf.template', 'tls.conf.template'].map((file) => readFileSync(join(root, 'deploy/nginx', file), 'utf8'));
  const used = new Set(templates.flatMap((text) => [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name)));
  const filter = /NGINX_ENVSUBST_FILTER: '\^\(([A-Z_|]+)\)\$\$'/.exec(compose)?.[1]?.split('|') ?? [];
  expect(new Set(filter)).toEqual(used);
  for (const name of used) expect(compose).toMatch(new RegExp(`^      ${name}: `, 'm'));
});

test('nginx takes as much of a request as the API, and refuses more in the same words', () => {
  const conf = nginxConf({ port: 3000, apiPorts: [4001], directory: '/tmp' });
  /** @type {Record<string, number>} */
  const bounds = {};
  let place = '';
  for (const line of conf.split('\n')) {
    place = /^ +(?:location (?:= )?(\S+)|(server)) \{$/.exec(line)?.slice(1).join('') ?? place;
    const megabytes = /client_max_body_size (\d+)m;/.exec(line)?.[1];
    if (megabytes) bounds[place] = Number(megabytes) * 1024 * 1024;
  }
  expect(bounds).toEqual({ server: maxBodyBytes, [operations['rooms.import'].route.split(' ')[1]]: maxRoomFileBytes });
  for (const [status, error] of /** @type {const} */ ([
    [413, new AppError('PAYLOAD_TOO_LARGE')],
    [429, new AppError('RATE_LIMITED', undefined, { retryAfterMs: 1_000 })],
  ]))
    expect(JSON.parse(new RegExp(`return ${status} '(.*)';`).exec(conf)?.[1] ?? '')).toEqual(problemOf(error));
  expect(conf).toContain('add_header Retry-After 1 always;');
});

test('nginx allows an address and a slow client as much as an API does', () => {
  const conf = nginxConf({ port: 3000, apiPorts: [4001], directory: '/tmp' });
  const defaults = {
    connections: apiEnvShape.CONNECTIONS_PER_ADDRESS.parse(undefined),
    requestMs: apiEnvShape.REQUEST_MS.parse(undefined),
  };
  expect(conf).toContain(`limit_conn addresses ${defaults.connections};`);
  for (const name of ['client_header_timeout', 'client_body_timeout', 'send_timeout'])
    expect(conf).toContain(`${name} ${defaults.requestMs}ms;`);
  const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  expect(compose).toContain(`CONNECTIONS_PER_ADDRESS: \${CONNECTIONS_PER_ADDRESS:-${defaults.connections}}\n`);
  expect(compose).toContain(`REQUEST_MS: \${REQUEST_MS:-${defaults.requestMs}}\n`);
});
