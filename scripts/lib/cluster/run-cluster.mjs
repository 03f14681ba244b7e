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
import { nginxConf } from './nginx-conf.mjs';
import { parseClusterArguments } from './options.mjs';

/** A process that ends sooner than this after its start has a reason that a restart does not cure. */
const soonMs = 5000;

/**
 * `npm run cluster`: PostgreSQL, NATS, Redis, APIs, workers and nginx, on this machine, until Ctrl-C. What they store stays in data/cluster.
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
  const directory = dataDirectory(steps);

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
  const part = (name, entryPoint, variables, isReady) =>
    steps.step(name, async (note) => {
      const supervised = supervise(name, entryPoint, { ...shared, ...variables, INSTANCE_ID: name }, { steps, isStopping, end });
      stops.push(supervised.stop);
      await waitUntilReady(supervised.child(), isReady, { timeoutMs: 60_000 });
      note(`pid ${supervised.child().pid}, port ${variables.PORT ?? variables.WORKER_PORT}`);
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
        PUBLIC_ORIGINS: process.env.PUBLIC_ORIGINS || publicOrigins(options.port),
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
  await steps.step('nginx', async (note) => {
    const home = join(directory, 'nginx');
    mkdirSync(home, { recursive: true });
    // Empty is as if unset, as for the APIs.
    const { CONNECTIONS_PER_ADDRESS: connectionsPerAddress, REQUEST_MS: requestMs } = process.env;
    const bounds = { ...(connectionsPerAddress && { connectionsPerAddress }), ...(requestMs && { requestMs }) };
    writeFileSync(join(home, 'nginx.conf'), nginxConf({ port: options.port, apiPorts, directory: home, ...bounds }));
    const nginx = startChild('nginx', located.nginx.binary, ['-p', home, '-c', join(home, 'nginx.conf'), '-e', 'stderr'], {
      cwd: home,
      stopSignal: 'SIGQUIT',
    });
    stops.push(() => nginx.stop({ graceMs: 1000 }));
    await waitUntilReady(nginx, () => isOk(options.port, '/ready'));
    nginx.ended.then((how) => !isStopping() && end(1, `✗ nginx ended (${how}); stopping the rest.`));
    note(`pid ${nginx.pid}, ${options.apis} APIs behind it`);
  });
  steps.say(`\nParley is at http://localhost:${options.port} · data in ${directory} · Ctrl-C stops it all`);
}

/**
 * Runs one of our processes, shows what it says, and starts it again when it dies. Meanwhile another process does its work, which is what
 * this shape is for.
 */
function supervise(name, entryPoint, env, { steps, isStopping, end }) {
  let child;
  let stopped = false;
  const run = () => {
    const startedAt = Date.now();
    child = startChild(name, process.execPath, [join(root, entryPoint)], {
      cwd: root,
      env,
      onLine: (line) => steps.say(`  ${name}  ${line}`),
    });
    child.ended.then((how) => {
      if (stopped || isStopping()) return;
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
    stop() {
      stopped = true;
      return child.stop({ graceMs: 10_000 });
    },
  };
}

/** Where nginx is, by the names that this machine alone has. @param {number} port */
function publicOrigins(port) {
  return ['localhost', '127.0.0.1'].map((host) => `http://${host}:${port}`).join(',');
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
