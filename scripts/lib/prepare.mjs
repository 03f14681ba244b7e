import { join } from 'node:path';
import { ensureBuilt, generate } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { withLock } from './lock.mjs';

/**
 * Installs and builds what is missing or changed; one process at a time per clone.
 *
 * @param {{ root: string, stateDirectory: string, env: NodeJS.ProcessEnv, build?: 'all' | 'generate',
 *   steps: ReturnType<typeof import('./steps.mjs').createSteps>,
 *   commands: ReturnType<typeof import('./command.mjs').createCommands> }} options
 *   `build`: everything, or only generated sources, which tests and checks of types need; @default 'all'
 */
export async function prepare({ root, stateDirectory, env, steps, commands, build = 'all' }) {
  const onWait = (pid) => steps.say(`· waiting for another Parley command (pid ${pid}) that installs or builds here …`);
  await withLock(
    join(stateDirectory, 'prepare.lock'),
    async () => {
      await steps.step('install', async (note, begin) => note(await ensureInstalled({ root, commands, env }, begin)));
      if (build === 'all') await steps.step('build', async (note, begin) => note(await ensureBuilt({ root, commands, env }, begin)));
      else await steps.step('generate', () => generate({ root, commands, env }));
    },
    { onWait },
  );
}
