import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureInstalled, installStamp, sameInstallation } from './install.mjs';
import { StepError } from './steps.mjs';

const machine = { platform: 'linux', arch: 'x64' };

describe('installStamp', () => {
  test('changes with the lockfile and with the machine', () => {
    const stamp = installStamp('{}', machine);
    expect(installStamp('{}', machine)).toEqual(stamp);
    expect(installStamp('{ }', machine)).not.toEqual(stamp);
    expect(installStamp('{}', { ...machine, arch: 'arm64' })).not.toEqual(stamp);
  });
});

describe('sameInstallation', () => {
  const wanted = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'node_modules/other-system': { version: '1.0.0', optional: true },
      'packages/ours': { version: '0.1.0' },
    },
  };
  const installed = { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'x' }, 'packages/ours': { version: '0.1.0' } } };

  test('holds when all is there but builds for other systems', () => {
    expect(sameInstallation(wanted, installed)).toBe(true);
  });

  test.each([
    ['a package is missing', { 'packages/ours': { version: '0.1.0' } }],
    ['a version differs', { ...installed.packages, 'node_modules/a': { version: '1.0.1', integrity: 'x' } }],
    ['content differs', { ...installed.packages, 'node_modules/a': { version: '1.0.0', integrity: 'y' } }],
    ['there is one too many', { ...installed.packages, 'node_modules/b': { version: '1.0.0' } }],
  ])('does not hold when %s', (_what, packages) => {
    expect(sameInstallation(wanted, { packages })).toBe(false);
  });
});

describe('ensureInstalled', () => {
  let root;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'parley-install-'));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } }));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const npm = () => ({ run: vi.fn(async () => ''), killAll: () => undefined });
  const run = (commands, env = {}) => ensureInstalled({ root, commands, env }, () => undefined);

  test('installs once, and again when the lockfile changes', async () => {
    const commands = npm();
    expect(await run(commands)).toBe('installed');
    expect(await run(commands)).toBe('up to date');
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, 'node_modules/b': { version: '1.0.0' } } }));
    expect(await run(commands)).toBe('installed');
    expect(commands.run).toHaveBeenCalledTimes(2);
  });

  test('asks for development dependencies, whatever NODE_ENV is', async () => {
    const commands = npm();
    await run(commands, { NODE_ENV: 'production' });
    const [, args, { env }] = commands.run.mock.calls[0];
    expect(args).toContain('--include=dev');
    expect(env.NODE_ENV).toBe('development');
  });

  test('takes over what someone installed with npm by hand', async () => {
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
    const commands = npm();
    expect(await run(commands)).toBe('up to date');
    expect(commands.run).not.toHaveBeenCalled();
  });

  test('links a workspace that is new, and installs nothing for it', async () => {
    mkdirSync(join(root, 'node_modules'));
    mkdirSync(join(root, 'packages/new'), { recursive: true });
    writeFileSync(join(root, 'packages/new/here'), '');
    const installed = { 'node_modules/a': { version: '1.0.0' } };
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
    const commands = npm();
    const workspaces = { 'node_modules/@us/new': { resolved: 'packages/new', link: true }, 'packages/new': { version: '0.1.0' } };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...installed, ...workspaces } }));
    expect(await run(commands)).toBe('up to date');
    expect(existsSync(join(root, 'node_modules/@us/new/here'))).toBe(true);
    expect(commands.run).not.toHaveBeenCalled();
  });

  test('a failed installation is tried again, and its usage text is left out', async () => {
    const output =
      'npm error Missing: a\nnpm error\nnpm error Clean install a project\nnpm error\nnpm error Usage:\nnpm error npm ci\nnpm error A complete log of this run can be found in: x';
    const failing = { ...npm(), run: vi.fn(async () => Promise.reject(new StepError('npm ci failed', { output }))) };
    const error = await run(failing).catch((caught) => caught);
    expect(error.output).toContain('Missing: a');
    expect(error.output).not.toContain('Usage');
    expect(await run(npm())).toBe('installed');
  });
});
