import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { StepError } from '../steps.mjs';
import { isReachable, postgresAccount } from './account.mjs';
import { aptInstall, aptMayHave, aptProblem } from './apt.mjs';
import { isExecutable } from './glob.mjs';
import { missingMessage } from './missing.mjs';
import { startNats } from './nats.mjs';
import { findBinary, needs } from './needs.mjs';
import { freePort } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { startRedis } from './redis.mjs';

/**
 * @typedef {import('./needs.mjs').Need['id']} NeedId
 * @typedef {Partial<Record<NeedId, { given?: string, binary: string | null }>>} Located what the environment names, and the program found
 */

/**
 * Finds everything that is needed: what the environment names, else programs on this machine, else what apt can install.
 *
 * @param {{ required: NeedId[], useful?: NeedId[], env: NodeJS.ProcessEnv,
 *   steps: ReturnType<typeof import('../steps.mjs').createSteps>,
 *   commands: ReturnType<typeof import('../command.mjs').createCommands> }} options `useful`: looked for, and installed where that is
 *   possible, but no reason to fail
 * @returns {Promise<Located>}
 * @throws StepError that names all that is missing and how to get it
 */
export async function locate({ required, useful = [], env, steps, commands }) {
  const wanted = [...required, ...useful];
  const missingOf = (located, ids) => ids.filter((id) => !located[id]?.given && !located[id]?.binary).map((id) => needs[id]);
  let located = look(wanted, env);
  let missing = missingOf(located, required);
  const aptForbidden = aptProblem({ env, uid: process.getuid?.() });
  if (missing.length === 0) {
    if (aptForbidden) return located;
    const lacking = missingOf(located, useful).filter((need) => aptMayHave(need.apt));
    if (
      lacking.length > 0 &&
      (await tryInstall(
        lacking.map((need) => [need.apt]),
        { steps, commands },
        'what needs them fails',
      ))
    )
      located = look(wanted, env);
    return await lighten(located, { env, steps, commands });
  }

  if (!aptForbidden) {
    await install(
      missingOf(located, wanted).map((need) => [need.aptLight, need.apt].filter((name) => name !== undefined)),
      { steps, commands },
    );
    located = look(wanted, env);
    missing = missingOf(located, required);
  }
  if (missing.length > 0)
    throw new StepError(missingMessage(missing, { aptForbidden: isExecutable('/usr/bin/apt-get') ? aptForbidden : null }));
  return located;
}

function install(wanted, { steps, commands }) {
  return steps.step('servers', async (note, begin) => {
    begin(`apt-get install ${wanted.map((names) => names[0]).join(' ')} (PARLEY_APT=0 forbids it)`);
    await aptInstall(wanted, commands);
    note('installed, none left running');
  });
}

/**
 * Installs a lighter program in place of one that was found. If that fails, the program that was found will do.
 *
 * @returns {Promise<Located>}
 */
async function lighten(located, { env, steps, commands }) {
  const packages = Object.keys(located)
    .filter((id) => needs[id].aptLight && !located[id].given && basename(located[id].binary ?? '') !== needs[id].binaries[0])
    .map((id) => needs[id].aptLight)
    .filter(aptMayHave);
  if (packages.length === 0) return located;
  await tryInstall(
    packages.map((name) => [name]),
    { steps, commands },
    'the tests take longer without',
  );
  return look(Object.keys(located), env);
}

/** Installs what is no reason to fail. @param {string} without what is said if that fails @returns {Promise<boolean>} */
async function tryInstall(wanted, { steps, commands }, without) {
  try {
    await install(wanted, { steps, commands });
    return true;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    steps.say(`  ${wanted.flat().join(' ')} could not be installed: ${without}.`);
    return false;
  }
}

/** @returns {Located} */
function look(ids, env) {
  return Object.fromEntries(
    ids.map((id) => {
      const need = needs[id];
      const given = need.variable ? env[need.variable] : undefined;
      const binary = findBinary(need, { env, isExecutable });
      return [id, { ...(given ? { given } : {}), binary: id === 'chromium' && !given && !runs(binary) ? null : binary }];
    }),
  );
}

/** Some systems have a `chromium` that only says how to install one. */
function runs(binary) {
  return binary !== null && spawnSync(binary, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/**
 * Starts the servers that are not named by the environment.
 *
 * @param {{ located: Located, directory: string, durable: boolean, ids?: NeedId[] }} options `directory` holds their data; `durable: false` is for
 *   data that is thrown away
 * @returns {Promise<Servers>}
 *
 * @typedef {object} Servers
 * @property {Partial<Record<NeedId, string>>} urls
 * @property {import('./child.mjs').Child[]} children what was started
 * @property {() => Promise<void>} stop ends what was started, the last first
 */
export async function startServers({ located, directory, durable, ids = ['postgres', 'nats', 'redis'] }) {
  /** @type {import('./child.mjs').Child[]} */
  const children = [];
  const urls = {};
  const start = { postgres: startPostgres, nats: startNats, redis: startRedis };
  const stop = async () => {
    for (const child of children.splice(0).reverse()) await child.stop();
  };
  try {
    for (const id of ids) {
      const { given, binary } = located[id];
      if (given) {
        urls[id] = given;
        continue;
      }
      const { url, child } = await withFreePort((port) => start[id]({ binary, directory: join(directory, id), port, durable }));
      urls[id] = url;
      children.push(child);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls, children, stop };
}

/** A port that is free can be taken before the server has it; then another is tried. */
async function withFreePort(start) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      const taken = error instanceof StepError && /address already in use/i.test(error.output);
      if (!taken || attempt === 3) throw error;
    }
  }
}

/**
 * A new directory for throw-away data that PostgreSQL's account can reach too.
 *
 * @param {string} prefix
 * @returns {{ path: string, remove: () => void }}
 */
export function throwAwayDirectory(prefix) {
  const candidates = [tmpdir(), '/tmp', '/var/tmp'];
  const base = postgresAccount() ? candidates.find((folder) => isReachable(join(folder, 'x'))) : candidates[0];
  if (!base) throw new StepError('There is no directory for temporary data that every account can reach: set TMPDIR to one.');
  const path = mkdtempSync(join(base, prefix));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * The variables by which tests learn what there is: servers by URL, programs by path so that fault tests can run their own.
 *
 * @param {Located} located
 * @param {Servers['urls']} urls
 * @returns {Record<string, string>}
 */
export function describeServers(located, urls) {
  const account = postgresAccount();
  const variables = {
    TEST_DATABASE_URL: urls.postgres,
    TEST_NATS_URL: urls.nats,
    TEST_REDIS_URL: urls.redis,
    CHROMIUM_PATH: located.chromium?.given ?? located.chromium?.binary,
    PG_BIN_DIR: located.postgres?.binary && dirname(located.postgres.binary),
    PG_RUN_UID: account && String(account.uid),
    PG_RUN_GID: account && String(account.gid),
    NATS_SERVER_PATH: located.nats?.binary,
    REDIS_SERVER_PATH: located.redis?.binary,
    NGINX_PATH: located.nginx?.binary,
    PROMTOOL_PATH: located.promtool?.binary,
    PGBOUNCER_PATH: located.pgbouncer?.binary,
  };
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value));
}
