import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFront } from '../../../scripts/lib/cluster/front.mjs';
import { waitUntilReady } from '../../../scripts/lib/servers/child.mjs';
import { freePort, isPortFree } from '../../../scripts/lib/servers/ports.mjs';
import { required } from './servers.js';

export interface Nginx extends AsyncDisposable {
  url: string;
}

/** What differs from nginx in front of APIs of this machine, which are known by their ports. */
interface NginxOptions {
  /** A name with a port, instead of the APIs' ports. */
  api?: string;
  resolver?: string;
  /** A folder with tls.crt and tls.key. */
  tls?: string;
}

/** nginx in front of APIs, with the file that `npm run cluster` and containers give it. */
export async function startNginx(apis: readonly { url: string }[], options: NginxOptions = {}): Promise<Nginx> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'parley-nginx-'));
  // nginx's workers are of another account, and keep large bodies here.
  chmodSync(home, 0o755);
  const { child } = startFront({
    binary: required('NGINX_PATH'),
    directory: home,
    conf: { port, ...options },
    apiPorts: apis.map(({ url }) => Number(new URL(url).port)),
  });
  const url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  await waitUntilReady(child, () =>
    options.tls
      ? isPortFree(port).then((free) => !free)
      : fetch(`${url}/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
  );
  return {
    url,
    async [Symbol.asyncDispose]() {
      await child.stop({ graceMs: 1_000 });
      await rm(home, { recursive: true, force: true });
    },
  };
}
