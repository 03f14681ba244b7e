import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxConf } from '../../../scripts/lib/cluster/nginx-conf.mjs';
import { startChild, waitUntilReady } from '../../../scripts/lib/servers/child.mjs';
import { freePort } from '../../../scripts/lib/servers/ports.mjs';
import { required } from './servers.js';

export interface Nginx extends AsyncDisposable {
  url: string;
}

/** nginx in front of APIs, with the configuration that `npm run cluster` and containers give it. */
export async function startNginx(apis: readonly { url: string }[]): Promise<Nginx> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'parley-nginx-'));
  // nginx's workers are of another account, and keep large bodies here.
  chmodSync(home, 0o755);
  const conf = join(home, 'nginx.conf');
  writeFileSync(conf, nginxConf({ port, apiPorts: apis.map(({ url }) => Number(new URL(url).port)), directory: home }));
  const nginx = startChild('nginx', required('NGINX_PATH'), ['-p', home, '-c', conf, '-e', 'stderr'], { cwd: home, stopSignal: 'SIGQUIT' });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(nginx, () =>
    fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    url,
    async [Symbol.asyncDispose]() {
      await nginx.stop({ graceMs: 1_000 });
      await rm(home, { recursive: true, force: true });
    },
  };
}
