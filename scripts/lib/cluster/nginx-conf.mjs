import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.mjs';

/**
 * The configuration of the nginx in front, made of the very file that containers have: deploy/nginx/nginx.conf.template says what each
 * variable is. Here every API is known by its port.
 *
 * @typedef {object} NginxOptions
 * @property {number} port
 * @property {number[]} [apiPorts] of this machine; one that is left out is given nothing new
 * @property {string} [api] instead of `apiPorts`: a name with a port, which `resolver` knows
 * @property {string} [resolver] `address:port valid=…` @default nobody, as no name is asked for
 * @property {string} directory for its pid, logs and buffers
 * @property {string} [tls] a folder with tls.crt and tls.key, if nginx ends TLS
 * @property {number | string} [connectionsPerAddress] as the APIs' CONNECTIONS_PER_ADDRESS. @default 1000
 * @property {number | string} [requestMs] as the APIs' REQUEST_MS. @default 30000
 */

/**
 * @param {NginxOptions} options
 * @returns {string}
 */
export function nginxConf({
  port,
  apiPorts = [],
  api = 'apis',
  resolver = '127.0.0.1 valid=1s',
  directory,
  tls,
  connectionsPerAddress = 1_000,
  requestMs = 30_000,
}) {
  const servers = apiPorts.map((apiPort) => `server 127.0.0.1:${apiPort} max_fails=1 fail_timeout=2s;`).join(' ');
  const listen = `listen 127.0.0.1:${port}`;
  return fill('nginx.conf.template', {
    NGINX_HOME: quoted(directory),
    LISTEN: tls === undefined ? `${listen};` : `${listen} ssl;\n${fill('tls.conf.template', { TLS_DIRECTORY: quoted(tls) })}`,
    API: api,
    RESOLVER: resolver,
    // The one with the fewest connections, as all of nginx's workers count them, is given the next.
    UPSTREAM: servers === '' ? '' : `upstream apis { zone apis 64k; least_conn; ${servers} keepalive 64; }`,
    CONNECTIONS_PER_ADDRESS: String(connectionsPerAddress),
    REQUEST_MS: String(requestMs),
  });
}

/** As `envsubst` of nginx's image does it: these variables, and no others. @param {Record<string, string>} variables */
function fill(file, variables) {
  const text = readFileSync(join(root, 'deploy/nginx', file), 'utf8').replace(/^(?:#.*\n)+/, '');
  return text.replace(/\$\{([A-Z_]+)\}/g, (whole, name) => variables[name] ?? whole);
}

/** As nginx reads it between quotation marks. */
function quoted(path) {
  return JSON.stringify(path).slice(1, -1);
}
