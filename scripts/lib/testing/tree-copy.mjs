import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Made by `generate`, not kept by git, and needed by every program of the tree. */
const generated = ['packages/db/src/generated'];

/**
 * Copies the repository's files to a temporary folder in which programs run as they do in the original: installed packages are
 * linked, and our own packages are those of the copy.
 *
 * @param {string} root of the repository
 * @returns {{ path: string, remove(): void }}
 */
export function copyTree(root) {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'parley-tree-')));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of [...files.split('\0'), ...generated]) {
    // A file that was deleted and not committed yet is still listed.
    if (file === '' || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(path, file)), { recursive: true });
    cpSync(join(root, file), join(path, file), { recursive: true, preserveTimestamps: true });
  }
  linkPackages(root, path);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }) };
}

/**
 * @param {string} root
 * @param {string} copy
 */
function linkPackages(root, copy) {
  for (const folder of ['.', ...workspaces(root)]) {
    const from = join(root, folder, 'node_modules');
    if (!existsSync(from)) continue;
    mkdirSync(join(copy, folder, 'node_modules'), { recursive: true });
    for (const name of readdirSync(from)) if (name !== '@parley') symlinkSync(join(from, name), join(copy, folder, 'node_modules', name));
  }
  mkdirSync(join(copy, 'node_modules/@parley'));
  for (const folder of workspaces(root)) {
    const name = folder.split('/')[1] ?? '';
    if (existsSync(join(copy, folder, 'package.json'))) symlinkSync(join(copy, folder), join(copy, 'node_modules/@parley', name));
  }
}

/** @param {string} root */
function workspaces(root) {
  return ['packages', 'apps'].flatMap((kind) => readdirSync(join(root, kind)).map((name) => `${kind}/${name}`));
}
