import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCommands } from '../command.mjs';
import { watchNpm } from '../orphan.mjs';
import { root, stateDirectory } from '../paths.mjs';
import { prepare } from '../prepare.mjs';
import { isReachable, postgresAccount } from '../servers/account.mjs';
import { startChild, waitUntilReady } from '../servers/child.mjs';
import { freePort, isPortFree } from '../servers/ports.mjs';
import { locate, startServers } from '../servers/provision.mjs';
import { answers } from '../servers/tcp.mjs';
import { createSteps, printError, StepError } from '../steps.mjs';
import { startFront } from './front.mjs';
import { parseClusterArguments } from './options.mjs';

/** A process that ends sooner than this after its start has a reason that a restart does not cure. */
const soonMs = 5000;
/** Longer than what a process allows itself: STOP_DRAIN_MS or WORKER_STOP_LIMIT_MS, and 20 s. */
const restartGraceMs = 60_000;

/**
 * `npm run cluster`: PostgreSQL, NATS, Redis, APIs, workers and nginx, on this machine, until Ctrl-C. What they store stays in data/cluster.
 * SIGUSR2 has every API and worker started anew, one after the other, under whoever uses it.
 *
 * @param {string[]} args
 */
export async function runCluster(args) {
  const commands = createCommands();
  const steps = createSteps();
  /** In the order of their start. @type {(() => Promise<void>)[]} */
  const stops = [];
  let stopping = null;
  const stop = () =>
    (stopping ??= (async () => {
      commands.killAll('SIGTERM');
      for (const action of stops.splice(0).reverse()) await action().catch(printError);
    })());
  const end = async (code, why) => {
    if (stopping) return;
    if (why) steps.say(why);
    await stop();
    process.exit(code);
  };
  process.on('SIGINT', () => end(0, '\n· stopping'));
  process.on('SIGTERM', () => end(0, '· stopping'));
  process.on('SIGHUP', () => end(0));
  watchNpm(process.env, () => end(0));
  try {
    await start(args, { commands, steps, stops, isStopping: () => stopping !== null, end });
  } catch (error) {
    if (stopping) return;
    printError(error);
    await end(1);
  }
}

async function start(args, { commands, steps, stops, isStopping, end }) {
  const options = parseClusterArguments(args, process.env);
  if (!(await isPortFree(options.port)))
    throw new StepError(`Port ${options.port} is in use. Choose another: npm run cluster -- --port ${options.port + 1}`);
  // Leave out the variables that name servers for tests: a cluster runs only on servers that it starts itself.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_')));
  const located = await locate({ required: ['postgres', 'nats', 'redis', 'nginx'], env, steps, commands });
  await prepare({ root, stateDirectory, env: process.env, steps, commands });
  const directory = options.data ?? dataDirectory(steps);
  mkdirSync(directory, { recursive: true });

  const { urls } = await steps.step('servers', async (note) => {
    const servers = await startServers({ located, directory, durable: true });
    stops.push(servers.stop);
    note(servers.children.map((child) => `${child.name} (pid ${child.pid})`).join(', '));
    for (const child of servers.children)
      child.ended.then((how) => !isStopping() && end(1, `✗ ${child.name} ended (${how}); stopping the rest.`));
    return servers;
  });

  const shared = {
    ...env,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    LOG_LEVEL: env['LOG_LEVEL'] || 'warn',
    DATABASE_URL: urls.postgres,
    NATS_URL: urls.nats,
    REDIS_URL: urls.redis,
    SESSION_SECRET: keepSecret(join(directory, 'session-secret')),
  };
  /** @type {{ name: string, apiPort?: number, restart: () => Promise<void> }[]} */
  const parts = [];
  const part = (name, entryPoint, variables, isReady) =>
    steps.step(name, async (note) => {
      const supervised = supervise(name, entryPoint, { ...shared, ...variables, INSTANCE_ID: name }, { steps, isStopping, end });
      stops.push(supervised.stop);
      await waitUntilReady(supervised.child(), isReady, { timeoutMs: 60_000 });
      note(`pid ${supervised.child().pid}, port ${variables.PORT ?? variables.WORKER_PORT}`);
      parts.push({ name, apiPort: variables.PORT && Number(variables.PORT), restart: () => supervised.restart(isReady) });
    });

  const apiPorts = [];
  for (let i = 1; i <= options.apis; i++) {
    const apiPort = await freePort();
    apiPorts.push(apiPort);
    // Start the first API alone, because it migrates and the others would only wait for it.
    await part(
      `api-${i}`,
      'apps/api/bundle/main.js',
      {
        PORT: String(apiPort),
        TRUST_PROXY: 'true',
        REGISTRATION: process.env.REGISTRATION ?? 'open',
        // Links that an API makes lead to nginx, not to its own port.
        PUBLIC_ORIGINS: process.env.PUBLIC_ORIGINS || origins(options).join(','),
      },
      () => isOk(apiPort, '/ready'),
    );
  }
  await Promise.all(
    Array.from({ length: options.workers }, async (_, i) => {
      const port = await freePort();
      await part(`worker-${i + 1}`, 'apps/worker/bundle/main.js', { WORKER_PORT: String(port) }, () => isOk(port, '/health'));
    }),
  );
  const front = await steps.step('nginx', async (note) => {
    // Empty is as if unset, as for the APIs.
    const { CONNECTIONS_PER_ADDRESS: connectionsPerAddress, REQUEST_MS: requestMs } = process.env;
    const conf = {
      port: options.port,
      ...(options.tls && { tls: options.tls }),
      ...(connectionsPerAddress && { connectionsPerAddress }),
      ...(requestMs && { requestMs }),
    };
    const started = startFront({ binary: located.nginx.binary, directory: join(directory, 'nginx'), conf, apiPorts });
    const { child } = started;
    stops.push(() => child.stop({ graceMs: 1000 }));
    await waitUntilReady(child, () => (options.tls ? listens(options.port) : isOk(options.port, '/ready')));
    child.ended.then((how) => !isStopping() && end(1, `✗ nginx ended (${how}); stopping the rest.`));
    note(`pid ${child.pid}, ${options.apis} APIs behind it`);
    return started;
  });

  let restarting = false;
  process.on('SIGUSR2', () => {
    if (restarting || isStopping()) return;
    restarting = true;
    rollingRestart({ parts, front, apiPorts, steps })
      .then(() => steps.say('· every API and worker was started anew'))
      .catch((error) => !isStopping() && (printError(error), end(1)))
      .finally(() => (restarting = false));
  });
  steps.say(
    `\nParley is at ${origins(options)[0]} · data in ${directory} · Ctrl-C stops it all · kill -USR2 ${process.pid} restarts one part after the other`,
  );
}

/** Starts each part anew, once nothing more is sent to it; the next only when it is back. */
async function rollingRestart({ parts, front, apiPorts, steps }) {
  for (const { name, apiPort, restart } of parts) {
    await steps.step(`restart ${name}`, async () => {
      if (apiPort && apiPorts.length > 1) await front.reload(apiPorts.filter((port) => port !== apiPort));
      await restart();
      if (apiPort) await front.reload(apiPorts);
    });
  }
}

/**
 * Runs one of our processes, shows what it says, and starts it again when it dies. Meanwhile another process does its work, which is what
 * this shape is for.
 */
function supervise(name, entryPoint, env, { steps, isStopping, end }) {
  let child;
  let stopped = false;
  let restarting = false;
  const run = () => {
    const startedAt = Date.now();
    child = startChild(name, process.execPath, [join(root, entryPoint)], {
      cwd: root,
      env,
      onLine: (line) => steps.say(`  ${name}  ${line}`),
    });
    child.ended.then((how) => {
      if (stopped || restarting || isStopping()) return;
      if (Date.now() - startedAt < soonMs) end(1, `✗ ${name} ended right after its start (${how}); stopping the rest.`);
      else {
        steps.say(`✗ ${name} ended (${how}); starting it again`);
        run();
      }
    });
  };
  run();
  return {
    child: () => child,
    /** Ends it as an upgrade does, and starts it again. Its sockets move, its replies end or are handed over. */
    async restart(isReady) {
      restarting = true;
      await child.stop({ graceMs: restartGraceMs });
      if (stopped) return;
      run();
      restarting = false;
      await waitUntilReady(child, isReady);
    },
    stop() {
      stopped = true;
      return child.stop({ graceMs: 10_000 });
    },
  };
}

/** Where nginx is, by the names that this machine alone has. @param {{ port: number, tls: string | null }} options */
function origins({ port, tls }) {
  return ['localhost', '127.0.0.1'].map((host) => `${tls ? 'https' : 'http'}://${host}:${port}`);
}

/** @returns {Promise<boolean>} whether anything takes connections on this port */
async function listens(port) {
  return !(await isPortFree(port));
}

/** @returns {Promise<boolean>} whether a GET of the path on this port is answered with 200 */
function isOk(port, path) {
  return answers(port, `GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`, 'HTTP/1.1 200');
}

/** data/cluster; or, if the account that PostgreSQL runs as cannot reach that, a directory elsewhere that belongs to this clone. */
function dataDirectory(steps) {
  const wanted = join(root, 'data/cluster');
  const account = postgresAccount();
  if (!account || isReachable(join(wanted, 'x'))) {
    mkdirSync(wanted, { recursive: true });
    return wanted;
  }
  const name = Buffer.from(root).toString('base64url').slice(-40);
  const directory = `/var/tmp/parley-cluster-${name}`;
  steps.say(`· PostgreSQL does not run as root, and no other account can reach ${wanted}: the data is in ${directory}`);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755);
  return directory;
}

/** The secret is made once and kept: a restart signs nobody out. */
function keepSecret(file) {
  if (!existsSync(file)) writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
