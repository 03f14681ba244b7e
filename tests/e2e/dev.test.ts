import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sourceStamp } from '../../scripts/lib/build.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { freePort } from '../../scripts/lib/servers/ports.mjs';
import { copyTree } from '../../scripts/lib/testing/tree-copy.mjs';
import { patienceMs } from './harness/patience.js';
import { startProgram } from './harness/processes.js';

let copy: ReturnType<typeof copyTree>;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-dev-'));
  copy = copyTree(root);
  // As if it had been built where it lies.
  const workspaces = ['apps', 'packages'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)));
  const built = workspaces.flatMap((path) =>
    ['dist', 'bundle', 'blank', 'src/generated', 'tsconfig.tsbuildinfo'].map((name) => join(path, name)),
  );
  for (const path of built.filter((each) => existsSync(join(root, each)))) {
    await cp(join(root, path), join(copy.path, path), { recursive: true, preserveTimestamps: true });
  }
  const stamps = 'node_modules/.cache';
  await rm(join(copy.path, stamps));
  await cp(join(root, stamps, 'parley'), join(copy.path, stamps, 'parley'), { recursive: true });
  await writeFile(join(copy.path, stamps, 'parley/build.txt'), await sourceStamp(copy.path));
});
afterAll(async () => {
  // What tsc was writing when it was ended may still come.
  await vi.waitFor(() => copy?.remove(), { timeout: patienceMs, interval: 500 });
  await rm(dataDir, { recursive: true, force: true });
});

test('npm run dev names one address, where the page is, and what is edited of the server is there after a moment', async () => {
  const running = startProgram(join(copy.path, 'scripts/dev.mjs'), { env: { PORT: String(await freePort()), DATA_DIR: dataDir } });
  try {
    const [, url = ''] = await running.printed(/^Parley is at (http\S+)$/m);
    const page = await fetch(url);
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
      200,
      expect.stringContaining('text/html'),
      expect.stringContaining('/src/main.tsx'),
    ]);
    /** While the server starts anew, Vite has nobody to pass a call on to. */
    const seen = async () => {
      const answer = await fetch(`${url}/api/none`);
      return answer.status === 404 ? ((await answer.json()) as { detail: string }).detail : answer.status;
    };
    await expect.poll(seen).toBe('There is no such procedure or page.');

    const file = join(copy.path, 'apps/api/src/http-server.ts');
    const before = await readFile(file, 'utf8');
    const after = before.replaceAll("new AppError('NOT_FOUND')", "new AppError('NOT_FOUND', 'It was edited.')");
    expect(after).not.toBe(before);
    await writeFile(file, after);
    await expect.poll(seen).toBe('It was edited.');
    const addresses = running.output().match(/https?:\/\/[^\s"/]+/g);
    expect(new Set(addresses)).toEqual(new Set([url]));
  } finally {
    await running.stop(patienceMs);
  }
});
