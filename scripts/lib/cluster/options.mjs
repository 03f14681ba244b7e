import { StepError } from '../steps.mjs';

const usage = 'Usage: npm run cluster -- [--api 3] [--workers 2] [--port 3000]';

/** The arguments that may be given, each with its default and its bounds. */
const numbers = {
  '--api': { name: 'apis', default: 3, most: 32 },
  '--workers': { name: 'workers', default: 2, most: 32 },
  '--port': { name: 'port', default: 3000, most: 65_535 },
};

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env `PORT` is the default of `--port`
 * @returns {{ apis: number, workers: number, port: number }}
 * @throws StepError for an argument it does not know
 */
export function parseClusterArguments(args, env) {
  const options = Object.fromEntries(Object.values(numbers).map((number) => [number.name, number.default]));
  if (env['PORT']) options.port = read('PORT', env['PORT'], numbers['--port'].most);
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = args[i].split('=', 2);
    const number = Object.hasOwn(numbers, name) ? numbers[name] : null;
    if (!number) throw new StepError(`Unknown argument ${args[i]}. ${usage}`);
    options[number.name] = read(name, inline ?? args[++i], number.most);
  }
  return options;
}

function read(name, text, most) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new StepError(`${name} takes a number from 1 to ${most}. ${usage}`);
  return value;
}
