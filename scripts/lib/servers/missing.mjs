/**
 * The one message for everything that is missing, with a command for each way to get it.
 *
 * @param {import('./needs.mjs').Need[]} missing
 * @param {{ aptForbidden?: string | null }} [options] why apt was not used, if it could have been
 * @returns {string}
 */
export function missingMessage(missing, { aptForbidden = null } = {}) {
  const names = missing.map((need) => need.label);
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const lines = [`Missing: ${list}. Install ${names.length === 1 ? 'it' : 'them'} one of these ways and run this again:`];
  if (aptForbidden) lines[0] = `${lines[0].slice(0, -1)} (${aptForbidden}):`;
  lines.push(`  apt     sudo apt-get install ${missing.map((need) => need.apt).join(' ')}`);
  lines.push(...brewLines(missing));
  const inDocker = missing.filter((need) => need.docker);
  for (const need of inDocker) lines.push(`  docker  ${need.docker}`);
  const variables = missing.filter((need) => need.variable).map((need) => need.variable);
  if (variables.length > 0) lines.push(`Or name what runs elsewhere: ${variables.map((name) => `${name}=${example(name)}`).join(' ')}`);
  return lines.join('\n');
}

function brewLines(missing) {
  const casks = missing.filter((need) => need.brew.startsWith('--cask '));
  const formulas = missing.filter((need) => !casks.includes(need));
  const lines = [];
  if (formulas.length > 0) lines.push(`  brew    brew install ${formulas.map((need) => need.brew).join(' ')}`);
  if (casks.length > 0) lines.push(`  brew    brew install --cask ${casks.map((need) => need.brew.slice('--cask '.length)).join(' ')}`);
  return lines;
}

const examples = {
  TEST_DATABASE_URL: 'postgresql://postgres:parley@127.0.0.1:5432/postgres',
  TEST_NATS_URL: 'nats://127.0.0.1:4222',
  TEST_REDIS_URL: 'redis://127.0.0.1:6379',
  CHROMIUM_PATH: '/path/to/chromium',
};

function example(variable) {
  return examples[variable] ?? '…';
}
