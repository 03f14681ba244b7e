import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { withLock } from './lock.mjs';

/**
 * Installs and builds what is missing or changed; one process at a time per clone.
 *
 * @param {{ root: string, stateDirectory: string, env: NodeJS.ProcessEnv, build?: boolean,
 *   steps: ReturnType<typeof import('./steps.mjs').createSteps>,
 *   commands: ReturnType<typeof import('./command.mjs').createCommands> }} options `build`: @default true
 */
export async function prepare({ root, stateDirectory, env, steps, commands, build = true }) {
  const onWait = (pid) => steps.say(`· waiting for another Parley command (pid ${pid}) that installs or builds here …`);
  await withLock(
    join(stateDirectory, 'prepare.lock'),
    async () => {
      await steps.step('install', async (note, begin) => note(await ensureInstalled({ root, commands, env }, begin)));
      if (build) await steps.step('build', async (note, begin) => note(await ensureBuilt({ root, commands, env }, begin)));
    },
    { onWait },
  );
}
