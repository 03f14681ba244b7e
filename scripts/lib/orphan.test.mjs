import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './paths.mjs';

const orphan = JSON.stringify(join(root, 'scripts/lib/orphan.mjs'));

/** Prints its pid, then what it is told about the end of npm. */
const program = `
  import(${orphan}).then(({ watchNpm }) => {
    const keepAlive = setInterval(() => {}, 1000);
    watchNpm(process.env, (how) => { console.log(how); clearInterval(keepAlive); });
    console.log('watching ' + process.ppid);
  });
`;

/** Stands in for npm: runs a shell that runs the program, and does not live for anything else. */
const npm = `
  const { spawn } = require('node:child_process');
  spawn('sh', ['-c', '"$NODE" -e "$PROGRAM"; exit $?'], { stdio: ['ignore', 'inherit', 'inherit'] });
`;

/** Starts npm, the shell and the program, ends one of them once the program watches, and collects what the program prints. */
async function fate(endIt) {
  const env = { ...process.env, NODE: process.execPath, PROGRAM: program, npm_lifecycle_event: 'start' };
  const parent = spawn(process.execPath, ['-e', npm], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  parent.stdout.setEncoding('utf8').on('data', (chunk) => {
    const shell = /watching (\d+)\n/.exec(said + chunk);
    if (shell && !/watching \d+\n/.test(said)) endIt(parent, Number(shell[1]));
    said += chunk;
  });
  // The pipe closes when the last of the three has ended.
  await once(parent.stdout, 'close');
  return said.split('\n')[1];
}

test('npm killed behind its shell is noticed as killed', async () => {
  expect(await fate((parent) => parent.kill('SIGKILL'))).toBe('killed');
});

test('npm’s shell ended by a signal is noticed as stopped', async () => {
  expect(await fate((_parent, shell) => process.kill(shell, 'SIGTERM'))).toBe('stopped');
});
