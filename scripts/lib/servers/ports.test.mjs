import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort, leases } from './ports.mjs';

const module = fileURLToPath(new URL('./ports.mjs', import.meta.url));

/** What `count` calls in another process give while `Math.random` says what it said here. */
function inAnotherProcess(random, count) {
  const code = `
    import { freePort } from ${JSON.stringify(module)};
    const said = ${JSON.stringify(random)};
    const { random } = Math;
    Math.random = () => said.shift() ?? random();
    const ports = [];
    for (let i = 0; i < ${count}; i++) ports.push(await freePort());
    console.log(JSON.stringify(ports));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

test('no port is given twice while the process runs that has it, and one that ended has none', async () => {
  const random = Math.random;
  const first = random();
  const second = random();
  try {
    const said = [first, first, second];
    Math.random = () => said.shift() ?? random();
    const mine = [await freePort(), await freePort()];
    expect(mine[1]).not.toBe(mine[0]);
    const [theirs] = inAnotherProcess([first, second], 1);
    expect(mine).not.toContain(theirs);
    const [taken, left] = [mine[0], theirs].map((port) => existsSync(join(leases, String(port))));
    expect({ taken, left }).toEqual({ taken: true, left: false });
  } finally {
    Math.random = random;
  }
});
