import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readApiEnv } from '../apps/api/src/env.js';
import { operatorTask } from '../apps/api/src/operator-task.js';
import { readStandaloneEnv } from '../apps/standalone/src/env.js';
import { readWorkerEnv } from '../apps/worker/src/env.js';
import { variables } from './lib/deployment/configuration.mjs';
import { confWithSite } from './lib/deployment/nginx-site.mjs';
import { readUnit, unitCommands, unitNames, unitsFolder } from './lib/deployment/units.mjs';
import { root } from './lib/paths.mjs';

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');
const known = variables();
const services = unitNames().filter((name) => name.endsWith('.service'));
const servers = services.filter((name) => readUnit(name).Service.Type[0] === 'exec');

describe('the units of systemd', () => {
  test('are these', () => {
    expect(unitNames()).toEqual([
      'parley-api@.service',
      'parley-backup.service',
      'parley-backup.timer',
      'parley-worker@.service',
      'parley.service',
    ]);
    expect(servers).toHaveLength(3);
  });

  test.each(services)('%s runs what there is, as nobody of rights, with variables that are read', (name) => {
    const { Service: service } = readUnit(name);
    const { variables: set, start, startPost, workingDirectory } = unitCommands(name, '3001');
    for (const command of [start, ...startPost])
      for (const word of command.filter((each) => each.endsWith('.mjs')))
        expect(existsSync(word.startsWith('/') ? word : join(workingDirectory, word)), word).toBe(true);
    const given = start[0] === '/usr/bin/env' ? [/** @type {string} */ (start[1]).split('=')[0]] : [];
    for (const variable of [...Object.keys(set), ...given].filter((each) => each !== 'NODE_ENV'))
      expect(known.map((each) => each.name)).toContain(variable);
    expect(service.EnvironmentFile).toEqual(['/etc/parley/parley.env']);
    expect([service.User, service.Group]).toEqual([['parley'], ['parley']]);
  });

  test.each(services)('%s confines its process as the others do', (name) => {
    const { Service: service } = readUnit(name);
    const { Service: embedded } = readUnit('parley.service');
    const confining = /^(?:Protect|Private|Restrict|SystemCall|Capability|Ambient|NoNew|Lock|RemoveIPC|UMask)/;
    const of = (/** @type {Record<string, string[]>} */ settings) => Object.entries(settings).filter(([key]) => confining.test(key));
    expect(of(service)).toEqual(of(embedded));
    expect(of(service).length).toBeGreaterThan(20);
    // What it may write to: data if it keeps any, and backups if it makes them.
    const written = [...(service.StateDirectory ?? []), ...(service.ReadWritePaths ?? [])];
    expect(written).toEqual({ 'parley.service': ['parley'], 'parley-backup.service': ['parley', '/var/backups/parley'] }[name] ?? []);
  });

  test.each([
    ['parley.service', ['STOP_DRAIN_MS', 'WORKER_STOP_LIMIT_MS']],
    ['parley-api@.service', ['STOP_DRAIN_MS']],
    ['parley-worker@.service', ['WORKER_STOP_LIMIT_MS']],
  ])('%s leaves its process alone for as long as it may take to stop', (name, limits) => {
    let limitMs = 0;
    for (const variable of limits) limitMs += Number(known.find((each) => each.name === variable)?.fallback.match(/\d+/)?.[0]);
    // The same for every process.
    const marginMs = Number(/limitMs: env\.STOP_DRAIN_MS \+ ([\d_]+)/.exec(read('apps/api/src/main.ts'))?.[1].replaceAll('_', ''));
    const { KillMode, TimeoutStopSec } = readUnit(name).Service;
    expect(KillMode).toEqual(['mixed']);
    expect(Number(TimeoutStopSec[0]) * 1000).toBeGreaterThan(limitMs + marginMs);
  });

  test.each(['parley-api@.service', 'parley-worker@.service'])(
    '%s names its instance by a port that no file of variables changes',
    (name) => {
      const { start, startPost } = unitCommands(name, '3101');
      expect(start.slice(0, 2)).toEqual(['/usr/bin/env', name.includes('api') ? 'PORT=3101' : 'WORKER_PORT=3101']);
      expect(startPost[0].at(-1)).toBe('3101');
    },
  );

  // Where systemd is, it reads them itself.
  const analyzers = ['/usr/bin/systemd-analyze'].filter((file) => existsSync(file));
  test.each(analyzers)('%s finds nothing wrong with them, and little exposed', (analyze) => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-units-'));
    try {
      cpSync(unitsFolder, directory, { recursive: true });
      for (const name of services) {
        const file = join(directory, name);
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll('/usr/bin/node', process.execPath));
      }
      const files = unitNames().map((name) => join(directory, name));
      const verified = spawnSync(analyze, ['verify', '--man=no', ...files], { encoding: 'utf8' });
      // Of units of the machine that ours are after it may say something too.
      const ours = verified.stderr.split('\n').filter((line) => line.includes('parley'));
      expect([verified.status, ours]).toEqual([0, []]);
      const exposed = spawnSync(
        analyze,
        ['security', '--offline=true', '--threshold=20', ...services.map((name) => join(directory, name))],
        {
          encoding: 'utf8',
        },
      );
      expect(exposed.status, exposed.stdout + exposed.stderr).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('the file of variables has good ones, and so it has with those that wait behind a #', () => {
    const text = read('deploy/systemd/parley.env');
    const settings = (/** @type {RegExp} */ pattern) =>
      Object.fromEntries([...text.matchAll(pattern)].map(([, name, value]) => [name, value.replaceAll('…', 'x'.repeat(32))]));
    const open = settings(/^([A-Z_]+)=(.*)$/gm);
    const all = settings(/^#?([A-Z_]+)=(.*)$/gm);
    expect(Object.keys(open).length).toBeGreaterThan(2);
    expect(text.split('\n').filter((line) => !/^(?:#.*|[A-Z_]+=\S*|)$/.test(line))).toEqual([]);
    expect(readStandaloneEnv(open)).toMatchObject({ TRUST_PROXY: true, REGISTRATION: 'invite' });
    expect(readApiEnv(all).SESSION_SECRET).toHaveLength(32);
    expect(readWorkerEnv(all).DATABASE_URL).toBe(all['DATABASE_URL']);
  });
});

describe('wait-until-ready.mjs', () => {
  /** @param {number} port @param {Record<string, string>} env */
  function wait(port, env = {}) {
    const child = spawn(process.execPath, [join(unitsFolder, 'wait-until-ready.mjs'), String(port)], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    return once(child, 'close').then(([code]) => ({ code, said }));
  }

  /** A server that is ready when it is asked the third time. @param {(port: number, asked: () => number) => Promise<void>} use */
  async function withServer(use) {
    let asked = 0;
    const server = createServer((request, response) => {
      asked++;
      response.writeHead(request.url === '/ready' && asked > 2 ? 200 : 503).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use(/** @type {import('node:net').AddressInfo} */ (server.address()).port, () => asked);
    } finally {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  test('comes back when the server is ready, and not before', () =>
    withServer(async (port, asked) => {
      expect(await wait(port, { HOST: '0.0.0.0', MAINPID: String(process.pid) })).toEqual({ code: 0, said: '' });
      expect(asked()).toBeGreaterThan(2);
    }));

  test('gives up when the process is gone', () =>
    withServer(async (port) => {
      const gone = spawn(process.execPath, ['-e', '']);
      await once(gone, 'close');
      const { code, said } = await wait(port, { MAINPID: String(gone.pid) });
      expect([code, said]).toEqual([1, 'The server ended before it was ready; its log, above, says why.\n']);
    }));
});

describe('nginx’s site', () => {
  test('writes no log, where addresses of inbound webhooks would stand', () => {
    expect(read('deploy/nginx/site.conf')).toContain('access_log off;');
  });

  // Where nginx is, it reads the very file, beside whatever else it serves.
  const nginxes = ['/usr/sbin/nginx', '/opt/homebrew/bin/nginx'].filter((file) => existsSync(file));
  test.each(nginxes)('%s takes it among other sites', (nginx) => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-site-'));
    try {
      writeFileSync(join(directory, 'nginx.conf'), confWithSite({ directory, listen: `unix:${directory}/site` }));
      const { status, stderr } = spawnSync(nginx, ['-t', '-q', '-e', 'stderr', '-c', join(directory, 'nginx.conf')], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe.each(['docs/operator.md', 'docs/deploy.md'])('the commands of %s', (page) => {
  const blocks = [...read(page).matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block);
  const lines = blocks.flatMap((block) => block.trimEnd().split('\n'));

  test('are there, and a shell can read them', () => {
    expect(lines.length).toBeGreaterThan(2);
    const { status, stderr } = spawnSync('/bin/sh', ['-n'], { input: blocks.join('\n'), encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test.each(lines.map((line) => [line]))('%s', (line) => {
    expect(mistake(line.replace(/^sudo (?!-u)/, ''))).toBe('');
  });
});

test('a command that is none of these, or is about what is not there, is found', () => {
  for (const line of [
    'npm run nothing',
    'systemctl start nothing',
    'systemctl restrat parley',
    'install -m 644 deploy/systemd/nothing.service /etc/systemd/system/',
    'sudo -u parley env DATA_DIR=/var/lib/parley node /opt/parley/scripts/run.mjs admin --nothing',
    'sudo -u parley env DATA_DIR=/elsewhere node /opt/parley/scripts/run.mjs admin --invite',
    'rm -rf /var/lib/parley',
  ])
    expect(mistake(line), line).not.toBe('');
});

/**
 * What is wrong with a command of a page, without running it: it would change the machine.
 *
 * @param {string} line without `sudo`
 * @returns {string} nothing, if nothing is
 */
function mistake(line) {
  const [command, ...args] = line.split(' ');
  const unit = (/** @type {string} */ name) => unitNames().includes(fileOf(name));
  switch (command) {
    case 'npm':
      return args[0] === 'run' && args[1] in JSON.parse(read('package.json')).scripts ? '' : 'no script';
    case 'systemctl': {
      const [verb, ...rest] = args;
      if (verb === 'daemon-reload') return rest.length === 0 ? '' : 'takes nothing';
      if (line === 'systemctl reload nginx') return '';
      const names = rest.filter((word) => word !== '--now');
      if (!['enable', 'start', 'stop', 'restart', 'status'].includes(verb) || names.length === 0) return 'no verb';
      const unknown = names.filter((name) => !unit(name));
      if (verb === 'enable' && names.some((name) => unknown.length === 0 && !('Install' in readUnit(fileOf(name)))))
        return 'cannot be enabled';
      return unknown.join(', ');
    }
    case 'journalctl':
      return args[0] === '-u' && unit(args[1]) && (args.length === 2 || /^\| grep '(.*)'$/.test(args.slice(2).join(' '))) ? '' : 'no unit';
    case 'install': {
      // Folders, or files of ours for where the machine looks for them.
      if (args[0] === '-d')
        return /^(?:-o \S+ )?(?:-g \S+ )?(?:-m \d+ )?\/(?:opt|etc|var\/backups)\/parley$/.test(args.slice(1).join(' ')) ? '' : 'no folder';
      const [mode, bits, ...paths] = args;
      const to = /** @type {string} */ (paths.pop());
      if (mode !== '-m' || !/^6[04][04]$/.test(bits) || paths.length === 0) return 'no mode';
      if (!/^\/etc\/(?:systemd\/system\/|parley\/parley\.env|nginx\/conf\.d\/parley\.conf)$/.test(to)) return `to ${to}`;
      return paths.filter((path) => !existsSync(join(root, path))).join(', ');
    }
    case 'sudo': {
      const found = /^-u parley env DATA_DIR=\/var\/lib\/parley node \/opt\/parley\/scripts\/run\.mjs (admin|restore) (.*)$/.exec(
        args.join(' '),
      );
      if (!found) return 'not as the server';
      if (found[1] === 'admin') return operatorTask(found[2].split(' ')) ? '' : 'no task of “npm run admin”';
      return /^\/var\/backups\/parley\/parley-[\dT-]+\.backup\.gz --drop \/var\/lib\/parley$/.test(found[2]) ? '' : 'no backup';
    }
    case 'sudoedit':
      return ['/etc/parley/parley.env', '/etc/nginx/conf.d/parley.conf'].includes(line.slice(9)) ? '' : 'no file';
    case 'useradd':
      return args.at(-1) === readUnit('parley.service').Service.User[0] ? '' : 'not the user of the units';
    case 'apt-get':
      return /^install nodejs npm git nginx certbot [\w -]+$/.test(line.slice(8)) ? '' : 'no packages';
    case 'cd':
      return args[0] === readUnit('parley.service').Service.WorkingDirectory[0] ? '' : 'not where the units look';
    case 'curl':
      return /^http:\/\/127\.0\.0\.1:3000\/(?:health|ready|live)$/.test(line.slice(5)) ? '' : 'no address';
    case 'git':
      return /^(?:pull|clone https:\/\/git\.example\.org\/parley\.git \/opt\/parley)$/.test(line.slice(4)) ? '' : 'no command of git';
    default:
      return ['nginx -t', 'certbot --nginx -d chat.example.org', 'ls -l /var/backups/parley'].includes(line) ? '' : 'unknown';
  }
}

/** The file of a unit as it is named to systemctl. @param {string} name */
function fileOf(name) {
  const file = name.replace(/@.*$/, '@');
  return /\.\w+$/.test(file) ? file : `${file}.service`;
}
