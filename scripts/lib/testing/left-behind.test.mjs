import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createLeftBehind } from './left-behind.mjs';

/** A process whose child lives on without it, in a group of its own; prints the child's id. */
const parent = `
const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
child.unref();
console.log(child.pid);`;

test('what a run leaves behind is ended, though its parent is gone; what belongs to another run is not', async () => {
  const [run, other] = [createLeftBehind(randomUUID()), createLeftBehind(randomUUID())];
  const [ours, theirs] = await Promise.all([run, other].map(leaveOne));
  expect(run.end()).toEqual([expect.stringContaining('setInterval')]);
  await expect.poll(() => isRunning(ours)).toBe(false);
  expect(isRunning(theirs)).toBe(true);
  expect(other.end()).toHaveLength(1);
  expect(run.end()).toEqual([]);
});

async function leaveOne({ env }) {
  const child = spawn(process.execPath, ['-e', parent], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  await once(child, 'exit');
  return Number(line);
}

function isRunning(pid) {
  return existsSync(`/proc/${pid}/exe`);
}
