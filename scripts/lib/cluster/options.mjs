import { resolve } from 'node:path';
import { StepError } from '../steps.mjs';

const usage = 'Usage: npm run cluster -- [--api 3] [--workers 2] [--port 3000] [--data folder] [--tls folder]';

/** The arguments that may be given, each with its default and its bounds. */
const numbers = {
  '--api': { name: 'apis', default: 3, most: 32 },
  '--workers': { name: 'workers', default: 2, most: 32 },
  '--port': { name: 'port', default: 3000, most: 65_535 },
};

/** Further ones: where the servers keep what they store; a folder with tls.crt and tls.key, with which nginx ends TLS. */
const folders = { '--data': 'data', '--tls': 'tls' };

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env `PORT` is the default of `--port`
 * @returns {{ apis: number, workers: number, port: number, data: string | null, tls: string | null }}
 * @throws StepError for an argument it does not know
 */
export function parseClusterArguments(args, env) {
  const options = { ...Object.fromEntries(Object.values(numbers).map((number) => [number.name, number.default])), data: null, tls: null };
  if (env['PORT']) options.port = read('PORT', env['PORT'], numbers['--port'].most);
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = args[i].split('=', 2);
    if (Object.hasOwn(folders, name)) {
      const folder = inline ?? args[++i];
      if (!folder) throw new StepError(`${name} takes a folder. ${usage}`);
      options[folders[name]] = resolve(folder);
      continue;
    }
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
