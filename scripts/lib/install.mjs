import { createHash } from 'node:crypto';
import { lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { npmCommand } from './command.mjs';
import { readOptional } from './files.mjs';
import { StepError } from './steps.mjs';

/** Inside node_modules, so that whoever removes that removes the stamp. */
const stampFile = 'node_modules/.cache/parley/install.json';
/** npm's own record of what is installed; written at the very end of an installation. */
const hiddenLockfile = 'node_modules/.package-lock.json';

/**
 * Names one state of dependencies: the lockfile, and the machine that decides which native builds were taken from it.
 *
 * @param {string} lockfile the text of package-lock.json
 * @param {{ platform: string, arch: string }} machine
 * @returns {{ lockfile: string, machine: string }}
 */
export function installStamp(lockfile, { platform, arch }) {
  return { lockfile: createHash('sha256').update(lockfile).digest('hex'), machine: `${platform}-${arch}` };
}

/**
 * True when what npm says it installed is what the lockfile asks for. Used when our stamp does not say so: someone ran npm by hand, or the
 * lockfile changed. Our own workspaces count for nothing, because they are links, which {@link linkWorkspaces} makes.
 *
 * @param {{ packages: Record<string, any> }} wanted package-lock.json
 * @param {{ packages: Record<string, any> }} installed node_modules/.package-lock.json
 */
export function sameInstallation(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (!isPackageOfOthers(path, entry)) continue;
    const have = installed.packages[path];
    if (!have) {
      // Builds for other systems, and peers nobody asked for, are not installed.
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return false;
    }
    if (have.version !== entry.version || have.integrity !== entry.integrity || have.resolved !== entry.resolved) return false;
  }
  return Object.entries(installed.packages).every(([path, entry]) => !isPackageOfOthers(path, entry) || path in wanted.packages);
}

function isPackageOfOthers(path, { link }) {
  return !link && path.split('/').includes('node_modules');
}

/**
 * Makes the links to workspaces that are not there: a workspace that is new needs no installation.
 *
 * @param {string} root
 * @param {{ packages: Record<string, any> }} wanted package-lock.json
 */
async function linkWorkspaces(root, wanted) {
  for (const [path, { link, resolved }] of Object.entries(wanted.packages)) {
    if (!link) continue;
    const file = join(root, path);
    const found = await lstat(file).catch((error) => (error.code === 'ENOENT' ? null : Promise.reject(error)));
    if (found) continue;
    await mkdir(dirname(file), { recursive: true });
    await symlink(relative(dirname(file), join(root, resolved)), file, 'junction');
  }
}

/**
 * Whether node_modules is in the state of package-lock.json. Writes nothing.
 *
 * @param {string} root
 * @returns {Promise<'stamped' | 'unstamped' | 'no'>} `unstamped`: it is, but our stamp does not say so yet
 */
export async function isInstalled(root) {
  const lockfile = await readFile(join(root, 'package-lock.json'), 'utf8');
  const stamp = installStamp(lockfile, process);
  const last = parseStamp(await readOptional(join(root, stampFile)));
  if (last?.lockfile === stamp.lockfile && last.machine === stamp.machine) return 'stamped';
  const installed = await readOptional(join(root, hiddenLockfile));
  const isSame = installed && (!last || last.machine === stamp.machine) && sameInstallation(JSON.parse(lockfile), JSON.parse(installed));
  return isSame ? 'unstamped' : 'no';
}

/**
 * Brings node_modules to the state of package-lock.json, if it is not there already.
 *
 * @param {{ root: string, commands: ReturnType<typeof import('./command.mjs').createCommands>, env: NodeJS.ProcessEnv }} options
 * @param {(text: string) => void} begin called if there is something to install
 * @returns {Promise<'up to date' | 'installed'>}
 */
export async function ensureInstalled({ root, commands, env }, begin) {
  const found = await isInstalled(root);
  if (found === 'stamped') return 'up to date';
  const lockfile = await readFile(join(root, 'package-lock.json'), 'utf8');
  const stamp = installStamp(lockfile, process);
  if (found === 'unstamped') {
    await linkWorkspaces(root, JSON.parse(lockfile));
    await writeStamp(root, stamp);
    return 'up to date';
  }

  begin('npm ci');
  const npm = npmCommand(env);
  // NODE_ENV=production, or a user's npm settings, would leave out the development dependencies, and the build is made of them.
  const args = [...npm.args, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await commands.run(npm.command, args, { cwd: root, env: { ...env, NODE_ENV: 'development' }, what: 'npm ci' });
  } catch (error) {
    throw error instanceof StepError ? new StepError(error.message, { output: withoutUsage(error.output), cause: error }) : error;
  }
  await writeStamp(root, stamp);
  return 'installed';
}

/** npm's complaint without the list of all its options behind it. */
function withoutUsage(output) {
  return output.replace(/\nnpm error\s*\n?npm error Clean install a project\n[\s\S]*?(?=\nnpm error A complete log|$)/, '');
}

async function writeStamp(root, stamp) {
  const file = join(root, stampFile);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(stamp));
}

/** @returns {{ lockfile: string, machine: string } | null} null when there is none, or not one of ours */
function parseStamp(text) {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
