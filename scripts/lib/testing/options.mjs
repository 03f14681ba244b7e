import { StepError } from '../steps.mjs';

/** The tiers in the order in which they run: what fails fastest comes first. */
const tiers = ['check', 'unit', 'servers', 'e2e'];

/**
 * Reads the arguments of `npm test`.
 *
 * @param {string[]} args
 * @returns {{ fast: boolean, only: string[], filters: string[] }} `only`: the tiers to run; `filters`: parts of test files' paths
 * @throws StepError for an argument it does not know
 */
export function parseTestArguments(args) {
  let fast = false;
  let only = null;
  const filters = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i];
    if (argument === '--fast') fast = true;
    else if (argument === '--only') only = readTiers(args[++i] ?? '');
    else if (argument.startsWith('--only=')) only = readTiers(argument.slice('--only='.length));
    else if (argument.startsWith('-')) throw new StepError(`Unknown option ${argument}. ${usage}`);
    else filters.push(argument);
  }
  const possible = fast ? ['check', 'unit'] : tiers;
  // A filter names test files, and the checks have none.
  const chosen = only ?? possible.filter((tier) => tier !== 'check' || filters.length === 0);
  const impossible = chosen.filter((tier) => !possible.includes(tier));
  if (impossible.length > 0) throw new StepError(`--fast starts no servers, so it cannot run ${impossible.join(', ')}.`);
  return { fast, only: tiers.filter((tier) => chosen.includes(tier)), filters };
}

const usage = `Usage: npm test -- [--fast] [--only ${tiers.join(',')}] [part of a test file's path …]`;

function readTiers(text) {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !tiers.includes(name));
  if (names.length === 0 || unknown.length > 0) throw new StepError(`There is no tier ${unknown.join(', ') || '“”'}. ${usage}`);
  return names;
}
