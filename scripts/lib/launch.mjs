import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createCommands } from './command.mjs';
import { watchNpm } from './orphan.mjs';
import { root, stateDirectory } from './paths.mjs';
import { prepare } from './prepare.mjs';
import { createSteps, printError, StepError } from './steps.mjs';

/** What each name runs. */
const entryPoints = {
  standalone: 'apps/standalone/bundle/main.js',
  api: 'apps/api/bundle/main.js',
  worker: 'apps/worker/bundle/main.js',
  admin: 'apps/api/bundle/admin.js',
  backup: 'apps/api/bundle/backup.js',
  restore: 'apps/api/bundle/restore.js',
  move: 'apps/api/bundle/move.js',
  migrate: 'apps/api/bundle/migrate.js',
  import: 'apps/api/bundle/import.js',
  'model-server': 'packages/model-server/dist/main.js',
};

/** The programs that take arguments. */
const withArguments = ['admin', 'backup', 'restore', 'move', 'migrate', 'import', 'model-server'];

/** Commands whose output is their answer alone. */
const commandsThatAnswer = ['admin', 'backup', 'restore', 'move', 'migrate', 'import'];

/**
 * What is said to whoever gives arguments to a program that takes none: it would start with other settings than they mean.
 *
 * @param {string} name
 * @param {string[]} args
 */
function noArguments(name, args) {
  const command = name === 'standalone' ? 'npm start' : `npm run ${name}`;
  const given = args.map((argument) => `“${argument}”`).join(' ');
  return `“${command}” takes no arguments, and was given ${given}. Set variables, for example: PORT=3001 ${command} (README.md lists them).`;
}

/**
 * Installs and builds as needed, then becomes the named program: it is imported, not spawned, so that there is one process, whose
 * death by any signal leaves nothing behind.
 *
 * @param {string | undefined} name a key of the entry points, or `build`, which starts nothing
 * @param {string[]} [args] the program's own arguments
 */
export async function launch(name, args = []) {
  const env = process.env;
  const commands = createCommands();
  let stopping = false;
  const stopWatching = watchNpm(env, (how) => {
    // After a stop signal the program is ending by itself.
    if (stopping) return;
    const signal = how === 'killed' ? 'SIGKILL' : 'SIGTERM';
    commands.killAll(signal);
    process.kill(process.pid, signal);
  });
  const interrupt = (signal) => {
    commands.killAll(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const entryPoint = name && Object.hasOwn(entryPoints, name) ? join(root, entryPoints[name]) : null;
    if (!entryPoint && name !== 'build')
      throw new StepError(`Unknown program ${name ?? '(none)'}: choose one of ${Object.keys(entryPoints).join(', ')}.`);
    if (!withArguments.includes(name) && args.length > 0) throw new StepError(noArguments(name, args));
    const steps = createSteps(commandsThatAnswer.includes(name) ? { write: (line) => console.error(line) } : {});
    await prepare({ root, stateDirectory, env, steps, commands });
    if (!entryPoint) {
      stopWatching();
      return;
    }
    if (!existsSync(entryPoint)) throw new StepError(`The build did not make ${entryPoints[name]}.`);

    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.prependListener(signal, () => {
        stopping = true;
        // If no other listener is there, the program does not listen for signals, or not yet. Ours replaced Node's default, so end the
        // program here.
        if (process.listenerCount(signal) === 1) interrupt(signal);
      });
    }
    process.argv = [process.execPath, entryPoint, ...args];
    await import(pathToFileURL(entryPoint).href);
  } catch (error) {
    stopWatching();
    printError(error);
    process.exit(1);
  }
}
