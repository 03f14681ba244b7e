import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './paths.mjs';

/** Says a line; once that pipe is closed says more, and ends well if it still can. */
const program = `
  import(${JSON.stringify(join(root, 'scripts/lib/steps.mjs'))}).then(({ createSteps }) => {
    const steps = createSteps();
    steps.say('begun');
    process.stdin.resume().on('end', () => {
      let said = 0;
      const timer = setInterval(() => {
        steps.say('more');
        console.error('more');
        if (++said < 5) return;
        clearInterval(timer);
        process.exit(7);
      }, 1);
    });
  });
`;

test('a program that says what it does goes on when nobody reads it any more', async () => {
  const child = spawn(process.execPath, ['-e', program], { stdio: 'pipe' });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.stderr.destroy();
  child.stdin.end();
  expect((await once(child, 'exit'))[0]).toBe(7);
});
