import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the script a first visit waits for fits its budget', () => {
  const script = fileURLToPath(new URL('../../apps/web/scripts/size.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(`${stdout}${stderr}`).toMatch(/\d+\.\d kB {2}script until the composer works/);
  expect(status, `${stdout}${stderr}`).toBe(0);
});
