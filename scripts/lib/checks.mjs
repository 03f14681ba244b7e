import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createCommands } from './command.mjs';
import { root, stateDirectory } from './paths.mjs';
import { prepare } from './prepare.mjs';
import { createSteps, printError, StepError } from './steps.mjs';

/**
 * The checks in the order in which they run. `fast` ones need no types of other packages. The `together` ones run at the same time, because
 * each uses one core and waits for no other check.
 *
 * @param {string} directory the root of the repository
 * @returns {{ name: string, fast: boolean, together?: boolean, commands: [tool: string, ...args: string[]][] }[]}
 */
const checksOf = (directory) => [
  { name: 'format', fast: true, commands: [['oxfmt', '--check']] },
  { name: 'lint', fast: true, commands: [['oxlint', '--deny-warnings']] },
  { name: 'types', fast: false, commands: [['tsc', '-b', ...projectsOf(directory)]] },
  { name: 'types of tests', fast: false, together: true, commands: [['tsc', '-p', 'tsconfig.test.json']] },
  { name: 'unused', fast: false, together: true, commands: [['knip', '--no-progress']] },
];

/**
 * The workspaces that the compiler checks: also those that no build knows, such as a program of someone's own.
 *
 * @param {string} directory the root of the repository
 */
export function projectsOf(directory) {
  return ['packages', 'apps']
    .flatMap((top) => readdirSync(join(directory, top)).map((name) => `${top}/${name}`))
    .filter((path) => existsSync(join(directory, path, 'tsconfig.json')));
}

/**
 * Runs every check, also after one has failed, a line each; shows the output of those that fail.
 *
 * @param {{ root: string, env: NodeJS.ProcessEnv, fast?: boolean,
 *   steps: ReturnType<typeof createSteps>, commands: ReturnType<typeof createCommands> }} options `fast`: only the quick ones
 * @returns {Promise<{ passed: number, failed: number, problems: string[] }>}
 */
export async function runChecks({ root: directory, env, steps, commands, fast = false }) {
  let passed = 0;
  let failed = 0;
  const run = async (check) => {
    try {
      await steps.step(check.name.padEnd(14), async () => {
        for (const [tool, ...args] of check.commands) {
          const file = join(directory, 'node_modules/.bin', tool);
          if (!existsSync(file)) throw new StepError(`${tool} is not installed.`);
          await commands.run(file, args, { cwd: directory, env: { ...env, NO_COLOR: '1' }, what: check.name });
        }
      });
      passed += 1;
    } catch (error) {
      failed += 1;
      printError(error);
    }
  };
  const chosen = checksOf(directory).filter((check) => !fast || check.fast);
  for (const check of chosen.filter(({ together }) => !together)) await run(check);
  await Promise.all(chosen.filter(({ together }) => together).map(run));
  return { passed, failed, problems: [] };
}

/** `npm run check` by itself. @param {string[]} args `--fast` for the quick ones */
export async function check(args) {
  const steps = createSteps();
  const commands = createCommands();
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    process.on(signal, () => {
      commands.killAll(signal);
      process.exit(code);
    });
  }
  try {
    await prepare({ root, stateDirectory, env: process.env, steps, commands, build: 'generate' });
    const { failed } = await runChecks({ root, env: process.env, steps, commands, fast: args.includes('--fast') });
    process.exitCode = failed > 0 ? 1 : 0;
  } catch (error) {
    printError(error);
    process.exitCode = 1;
  }
}
