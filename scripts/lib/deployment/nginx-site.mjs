import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiEnvShape } from '../../../apps/api/src/env.js';
import { root } from '../paths.mjs';

const head = `# Parley behind an nginx that has other sites too: put your name for chat.example.org, and this file where nginx looks for sites. certbot
# adds TLS to it. docs/operator.md says how. Written from nginx.conf.template by scripts/deployment.test.mjs. A change is made there.

# Each API of this machine by its port: one for "npm start" and parley.service; of the distributed shape all of them.
upstream parley {
  zone parley 64k;
  least_conn;
  server 127.0.0.1:3000 max_fails=1 fail_timeout=2s;
  keepalive 64;
}
`;

const listen = `listen 80;
  listen [::]:80;
  server_name chat.example.org;
  # The addresses of inbound webhooks are secrets: they do not belong into a log.
  access_log off;`;

/**
 * deploy/nginx/site.conf: of the file that `npm run cluster` and containers run, what one site among others needs.
 *
 * @returns {string}
 */
export function nginxSite() {
  const template = readFileSync(join(root, 'deploy/nginx/nginx.conf.template'), 'utf8');
  const body = /\n( {2}# A request that asks to become a WebSocket [^]*)\}\n$/.exec(template)?.[1];
  if (body === undefined) throw new Error('nginx.conf.template has no part for sites');
  /** @type {Record<string, string>} */
  const variables = {
    LISTEN: listen,
    API: 'parley',
    CONNECTIONS_PER_ADDRESS: String(apiEnvShape.CONNECTIONS_PER_ADDRESS.parse(undefined)),
    REQUEST_MS: String(apiEnvShape.REQUEST_MS.parse(undefined)),
  };
  const site = body.replace(/^ {2}/gm, '').replace(/\$\{([A-Z_]+)\}/g, (whole, name) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`a site has nothing for ${whole}`);
    return value;
  });
  return `${head}\n${site}`;
}

/**
 * The configuration of a machine's own nginx that has the site as it is, but for where it listens and where the API is.
 *
 * @param {{ directory: string, listen: string, apiPort?: number }} options `directory`: for its pid and for what is too large for memory;
 *   `listen`: an address of its own, as ports below 1024 are root's
 */
export function confWithSite({ directory, listen: own, apiPort = 3000 }) {
  const site = readFileSync(join(root, 'deploy/nginx/site.conf'), 'utf8')
    .replace('listen 80;', `listen ${own};`)
    .replace('listen [::]:80;', '')
    .replace('127.0.0.1:3000', `127.0.0.1:${apiPort}`);
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`);
  return `pid ${directory}/pid;\nerror_log stderr warn;\nevents {}\nhttp {\n${folders.join('\n')}\n${site}}\n`;
}
