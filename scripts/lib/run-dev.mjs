import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createCommands } from './command.mjs';
import { createDevLines } from './dev-lines.mjs';
import { watchNpm } from './orphan.mjs';
import { root, stateDirectory } from './paths.mjs';
import { prepare } from './prepare.mjs';
import { startChild } from './servers/child.mjs';
import { createSteps, printError } from './steps.mjs';

/**
 * `npm run dev`: the embedded shape in watch mode. Each edit of the server is bundled and the server restarted on it, while tsc says what it
 * thinks of the types; Vite serves the page with hot updates, passing /trpc on to the server. Ctrl-C ends them all.
 */
export async function runDev() {
  const steps = createSteps();
  const standalone = join(root, 'apps/standalone');
  const commands = createCommands();
  /** @type {import('./servers/child.mjs').Child[]} */
  const children = [];
  let ending = false;
  const end = async (code) => {
    if (ending) return;
    ending = true;
    commands.killAll('SIGTERM');
    await Promise.all(children.map((child) => child.stop()));
    process.exit(code);
  };
  process.on('SIGINT', () => end(0));
  process.on('SIGTERM', () => end(0));
  process.on('SIGHUP', () => end(0));
  watchNpm(process.env, () => end(0));
  try {
    await prepare({ root, stateDirectory, env: process.env, steps, commands });
    const vite = [join(root, 'node_modules/vite/bin/vite.js'), join(root, 'apps/web/node_modules/vite/bin/vite.js')].find(existsSync);
    const show = createDevLines((line) => steps.say(line));
    /** @param {string} name @param {string} cwd @param {string[]} args @param {(line: string) => void} [onLine] */
    const start = (name, cwd, args, onLine) => {
      const child = startChild(name, process.execPath, args, {
        cwd,
        // Refuse undeclared answers here too, not only in tests.
        env: { CHECK_ANSWERS: 'true', ...process.env },
        wholeGroup: true,
        onLine: (line) => {
          show(name, line);
          onLine?.(line);
        },
      });
      children.push(child);
      if (name === 'types') giveWay(child.pid);
      child.ended.then((how) => {
        if (ending) return;
        steps.say(`✗ ${name} ended (${how})`);
        return end(1);
      });
    };
    start('types', root, [join(root, 'node_modules/typescript/bin/tsc'), '-b', '--watch', '--preserveWatchOutput']);
    let bundled = false;
    start('bundle', standalone, [join(root, 'scripts/dev-bundle.mjs')], (line) => {
      // Node starts the server again whenever the file has changed.
      if (bundled || ending || !line.startsWith('bundled')) return;
      bundled = true;
      // A server that lives until the next edit does not get back the time that it takes to compile the database for speed.
      const flags = ['--watch', '--watch-preserve-output', '--enable-source-maps', '--liftoff-only'];
      start('server', root, [...flags, join(standalone, 'dev/main.js')]);
    });
    start('page', join(root, 'apps/web'), [vite ?? 'vite', '--clearScreen', 'false']);
  } catch (error) {
    printError(error);
    await end(1);
  }
}

/** What is edited is to be seen before it is checked: tsc takes what the others leave of the machine. @param {number} pid */
function giveWay(pid) {
  try {
    setPriority(pid, 10);
  } catch {
    // It has ended already, which is said elsewhere.
  }
}
