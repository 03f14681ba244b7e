import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clearGenerated, ensureBuilt, sourceStamp, unbuiltWorkspaces } from './build.mjs';

let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-build-'));
  write('package.json', '{}');
  write('packages/a/package.json', '{}');
  write('packages/a/tsconfig.json', '{}');
  write('packages/a/src/index.ts', 'export const a = 1;');
  write('apps/b/package.json', JSON.stringify({ scripts: {} }));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

describe('sourceStamp', () => {
  test.each([
    ['a source changes its size', () => write('packages/a/src/index.ts', 'export const a = 10;')],
    ['a source changes its time', () => utimesSync(join(root, 'packages/a/src/index.ts'), 1, 1)],
    ['a source comes', () => write('packages/a/src/new.ts', '')],
    ['a source goes', () => rmSync(join(root, 'packages/a/src/index.ts'))],
    ['a migration comes', () => write('packages/a/prisma/migrations/1/migration.sql', 'select 1')],
    ['the configuration of the root changes', () => write('tsconfig.base.json', '{}')],
  ])('changes when %s', async (_what, change) => {
    const before = await sourceStamp(root);
    expect(await sourceStamp(root)).toBe(before);
    change();
    expect(await sourceStamp(root)).not.toBe(before);
  });

  test.each([
    'packages/a/dist/index.js',
    'packages/a/tsconfig.tsbuildinfo',
    'packages/a/src/index.test.ts',
    'apps/b/node_modules/x/index.js',
    'packages/a/src/generated/c.ts',
  ])('does not change with %s', async (path) => {
    const before = await sourceStamp(root);
    write(path, 'x');
    expect(await sourceStamp(root)).toBe(before);
  });
});

test('what an earlier version generated is cleared away where nothing is generated any more', async () => {
  write('packages/a/package.json', JSON.stringify({ scripts: { generate: 'node make.mjs' } }));
  write('packages/a/src/generated/c.ts', 'x');
  write('apps/b/src/generated/tasks.ts', "import gone from '../tasks/gone.js';");
  await clearGenerated(root);
  expect([existsSync(join(root, 'packages/a/src/generated/c.ts')), existsSync(join(root, 'apps/b/src/generated'))]).toEqual([true, false]);
});

describe('ensureBuilt', () => {
  /** Stands in for turbo. */
  const builder = () => ({
    killAll: () => undefined,
    run: vi.fn(async () => {
      write('packages/a/dist/index.js', '');
      return ' Tasks:    1 successful, 1 total\nCached:    0 cached, 1 total\n';
    }),
  });
  const run = (commands) => ensureBuilt({ root, commands, env: { NODE_ENV: 'production' } }, () => undefined);

  test('builds once, and again when a source changed or its output is gone', async () => {
    const commands = builder();
    expect(await run(commands)).toBe('cached: 0 cached, 1 total');
    expect(await run(commands)).toBe('up to date');
    write('packages/a/src/more.ts', '');
    await run(commands);
    rmSync(join(root, 'packages/a/dist'), { recursive: true });
    await run(commands);
    expect(commands.run).toHaveBeenCalledTimes(3);
  });

  test('what changes during a build is built the next time', async () => {
    const commands = builder();
    commands.run.mockImplementationOnce(async () => {
      write('packages/a/dist/index.js', '');
      write('packages/a/src/late.ts', '');
      return '';
    });
    await run(commands);
    await run(commands);
    expect(commands.run).toHaveBeenCalledTimes(2);
  });

  test('a build that leaves nothing is an error, and is not remembered as good', async () => {
    const silent = { ...builder(), run: vi.fn(async () => '') };
    await expect(run(silent)).rejects.toThrow('packages/a');
    await expect(run(silent)).rejects.toThrow('packages/a');
    expect(silent.run).toHaveBeenCalledTimes(2);
  });

  test('NODE_ENV of the caller does not reach the build', async () => {
    const commands = builder();
    await run(commands);
    expect(commands.run.mock.calls[0][2].env).not.toHaveProperty('NODE_ENV');
  });
});

test('what is built is what a workspace has: compiled code, a bundle, a blank database, or nothing', async () => {
  write('apps/c/package.json', JSON.stringify({ scripts: { build: 'node bundle.mjs main' } }));
  write('packages/d/package.json', JSON.stringify({ scripts: { blank: 'node blank.mjs' } }));
  expect(await unbuiltWorkspaces(root)).toEqual(['packages/a', 'packages/d', 'apps/c']);
  for (const path of ['packages/a/dist/index.js', 'packages/d/blank/data.tar.gz', 'apps/c/bundle/main.js']) write(path, '');
  expect(await unbuiltWorkspaces(root)).toEqual([]);
});
