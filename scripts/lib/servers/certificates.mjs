import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepError } from '../steps.mjs';

/**
 * Makes an authority of its own and a certificate by it, good for a day: for tests.
 *
 * @param {string} directory where ca.crt, tls.crt and tls.key are written
 * @param {string[]} [names] `DNS:…` and `IP:…`
 */
export function makeCertificates(directory, names = ['DNS:localhost', 'IP:127.0.0.1']) {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755);
  const file = (name) => join(directory, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(['req', '-x509', ...key, '-days', '1', '-subj', '/CN=Test authority', '-keyout', file('ca.key'), '-out', file('ca.crt')]);
  openssl(['req', ...key, '-subj', '/CN=localhost', '-keyout', file('tls.key'), '-out', file('tls.csr')]);
  writeFileSync(file('names'), `subjectAltName=${names.join(',')}\n`);
  const by = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '1', '-extfile', file('names')];
  openssl(['x509', '-req', '-in', file('tls.csr'), ...by, '-out', file('tls.crt')]);
  return { ca: file('ca.crt'), cert: file('tls.crt'), key: file('tls.key'), directory };
}

function openssl(args) {
  const { status, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new StepError('openssl is needed to make certificates for tests.', { output: stderr, cause: error });
}
