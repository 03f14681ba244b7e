import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readOptional } from './files.mjs';
import { StepError } from './steps.mjs';

const stampFile = 'node_modules/.cache/parley/build.txt';
/** What decides the build besides the workspaces themselves. */
const rootInputs = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'turbo.json', 'scripts/lib/bundle.mjs'];
const workspaceFolders = ['packages', 'apps'];
const ignoredFolders = new Set(['node_modules', 'dist', 'dist-sdk', 'bundle', 'blank', '.turbo', 'generated', 'coverage']);

/**
 * Names the state of all sources by path, size and modification time; turbo compares their content.
 *
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function sourceStamp(root) {
  const lines = [];
  for (const file of rootInputs) lines.push(await describe(join(root, file), file));
  for (const folder of workspaceFolders) await walk(join(root, folder), folder, lines);
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

async function walk(directory, path, lines) {
  for (const entry of await entriesOf(directory)) {
    const childPath = `${path}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!ignoredFolders.has(entry.name)) await walk(join(directory, entry.name), childPath, lines);
    } else if (!isByproduct(entry.name)) {
      lines.push(await describe(join(directory, entry.name), childPath));
    }
  }
}

/** True for files that a build writes, or that no build reads. */
function isByproduct(name) {
  return name.endsWith('.tsbuildinfo') || name.endsWith('.log') || /\.(test|contract)\.tsx?$/.test(name);
}

async function describe(file, path) {
  try {
    const { size, mtimeMs } = await stat(file);
    return `${path}\t${size}\t${mtimeMs}`;
  } catch (error) {
    if (error.code === 'ENOENT') return `${path}\t-`;
    throw error;
  }
}

async function entriesOf(directory) {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Removes generated sources of workspaces that generate none: an earlier version of this checkout did, and the compiler would read them.
 *
 * @param {string} root
 */
export async function clearGenerated(root) {
  for (const folder of workspaceFolders) {
    for (const { name } of await entriesOf(join(root, folder))) {
      const manifest = await readOptional(join(root, folder, name, 'package.json'));
      if (manifest && JSON.parse(manifest).scripts?.generate === undefined)
        await rm(join(root, folder, name, 'src/generated'), { recursive: true, force: true });
    }
  }
}

/**
 * The workspaces in which a build has left nothing behind.
 *
 * @param {string} root
 * @returns {Promise<string[]>} paths from the root
 */
export async function unbuiltWorkspaces(root) {
  const unbuilt = [];
  for (const folder of workspaceFolders) {
    for (const entry of await entriesOf(join(root, folder))) {
      const path = `${folder}/${entry.name}`;
      const manifest = await readOptional(join(root, path, 'package.json'));
      const scripts = (manifest && JSON.parse(manifest).scripts) ?? {};
      const compiled = (await readOptional(join(root, path, 'tsconfig.json'))) !== null;
      const outputs = [
        ...(compiled ? ['dist'] : []),
        ...(scripts.build?.includes('bundle.mjs') ? ['bundle'] : []),
        ...(scripts.build?.includes('build-sdk.mjs') ? ['dist-sdk'] : []),
        ...(scripts.blank ? ['blank'] : []),
      ];
      const found = await Promise.all(outputs.map((output) => entriesOf(join(root, path, output))));
      if (found.some((entries) => entries.length === 0)) unbuilt.push(path);
    }
  }
  return unbuilt;
}

/**
 * Whether a build was made of the sources as they are. Writes nothing.
 *
 * @param {string} root
 * @param {string} [stamp] that of the sources, if it is known
 */
export async function isBuilt(root, stamp) {
  return (
    (await readOptional(join(root, stampFile))) === (stamp ?? (await sourceStamp(root))) && (await unbuiltWorkspaces(root)).length === 0
  );
}

/**
 * Builds what changed. Starts turbo only if a source has changed since the last good build, so that a second start costs milliseconds.
 *
 * @param {{ root: string, commands: ReturnType<typeof import('./command.mjs').createCommands>, env: NodeJS.ProcessEnv }} options
 * @param {(text: string) => void} begin called if there is something to build
 * @returns {Promise<string>} what was done, in a few words
 */
export async function ensureBuilt({ root, commands, env }, begin) {
  // Take the stamp before the build: what changes during the build is built the next time.
  const stamp = await sourceStamp(root);
  if (await isBuilt(root, stamp)) return 'up to date';

  begin('turbo run build');
  await clearGenerated(root);
  const output = await commands.run(process.execPath, [turboFile(root), 'run', 'build', 'blank', '--output-logs=errors-only'], {
    cwd: root,
    env: buildEnvironment(env),
    what: 'The build',
  });
  const unbuilt = await unbuiltWorkspaces(root);
  if (unbuilt.length > 0) throw new StepError(`The build left nothing in ${unbuilt.join(', ')}.`, { output });
  await mkdir(dirname(join(root, stampFile)), { recursive: true });
  await writeFile(join(root, stampFile), stamp);
  return /Cached:\s+(\d+) cached, (\d+) total/.exec(output)?.[0].replace(/\s+/g, ' ').toLowerCase() ?? 'built';
}

/**
 * Makes what the sources need to run as they are: generated ones, and the files of an empty database.
 *
 * @param {{ root: string, commands: ReturnType<typeof import('./command.mjs').createCommands>, env: NodeJS.ProcessEnv }} options
 */
export async function generate({ root, commands, env }) {
  await clearGenerated(root);
  const args = [turboFile(root), 'run', 'generate', 'blank', '--output-logs=errors-only'];
  await commands.run(process.execPath, args, { cwd: root, env: buildEnvironment(env), what: 'Generating sources' });
}

/** @param {string} root */
function turboFile(root) {
  return join(root, 'node_modules/turbo/bin/turbo');
}

/**
 * The environment of builds: nothing is sent anywhere, and the caller's NODE_ENV (production, say) does not change what is built.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
function buildEnvironment(env) {
  const { NODE_ENV: _ignored, ...rest } = env;
  return { ...rest, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1', FORCE_COLOR: '0' };
}
