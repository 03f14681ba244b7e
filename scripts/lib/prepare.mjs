import { join } from 'node:path';
import { ensureBuilt, generate, isBuilt } from './build.mjs';
import { ensureInstalled, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import { StepError } from './steps.mjs';

/**
 * Installs and builds what is missing or changed; one process at a time per clone. Where nothing is, writes nothing: a built clone may be
 * read-only, or another user's.
 *
 * @throws StepError where there is something to do and the clone cannot be written to
 * @param {{ root: string, stateDirectory: string, env: NodeJS.ProcessEnv, build?: 'all' | 'generate',
 *   steps: ReturnType<typeof import('./steps.mjs').createSteps>,
 *   commands: ReturnType<typeof import('./command.mjs').createCommands> }} options
 *   `build`: everything, or only generated sources, which tests and checks of types need; @default 'all'
 */
export async function prepare({ root, stateDirectory, env, steps, commands, build = 'all' }) {
  if (build === 'all' && (await isInstalled(root)) !== 'no' && (await isBuilt(root))) {
    for (const name of ['install', 'build']) await steps.step(name, (note) => note('up to date'));
    return;
  }
  const onWait = (pid) => steps.say(`· waiting for another Parley command (pid ${pid}) that installs or builds here …`);
  const lock = withLock(
    join(stateDirectory, 'prepare.lock'),
    async () => {
      await steps.step('install', async (note, begin) => note(await ensureInstalled({ root, commands, env }, begin)));
      if (build === 'all') await steps.step('build', async (note, begin) => note(await ensureBuilt({ root, commands, env }, begin)));
      else await steps.step('generate', () => generate({ root, commands, env }));
    },
    { onWait },
  );
  await lock.catch((error) => {
    throw explainUnwritable(error, root);
  });
}

/**
 * The sentence for a clone that cannot be written to; any other error as it is.
 *
 * @param {unknown} error
 * @param {string} root
 */
export function explainUnwritable(error, root) {
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error);
  if (!['EACCES', 'EPERM', 'EROFS'].includes(code ?? '')) return error;
  return new StepError(
    `Parley has to install or build something first, and ${code === 'EROFS' ? 'this file system is read-only' : 'you may not write here'}: ${path ?? root}\n` +
      `Run “npm start” once in ${root} as the user it belongs to, where it can be written to. Once built, it starts without writing to itself.`,
    { cause: error },
  );
}
