import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ReachableServer } from '@parley/core/mcp/reachable-servers';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { expect, it, onTestFinished, vi } from 'vitest';
import { dismissGuard, guardGroup } from './guard-group.js';
import { McpServers } from './mcp-servers.js';
import { killGroup } from './stdio-transport.js';

const script = fileURLToPath(new URL('stdio-server.fixture.mjs', import.meta.url));
const never = new AbortController().signal;
const server = (command: string): ReachableServer => ({
  id: `server-${command}`,
  name: 'Local',
  url: null,
  command,
  header: null,
  trusted: true,
  version: 1,
});

/** Servers that start the fixture, which misbehaves as its name says. */
function stdio(...how: string[]) {
  const lines: string[] = [];
  const servers = new McpServers({
    allowed: new AllowedAddresses([]),
    commands: Object.fromEntries(how.map((each) => [each, { command: process.execPath, args: [script, each], env: { GIVEN: 'yes' } }])),
    log: { info: (fields) => void lines.push(JSON.stringify(fields)), warn() {}, error: (_, message) => void lines.push(message) },
  });
  onTestFinished(() => servers.close());
  return { servers, lines };
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('starts a command with the variables that are listed and no others, and tells the log what it says', async () => {
  const { servers, lines } = stdio('well');
  expect((await servers.check(server('well'), never)).tools.map(({ name }) => name)).toEqual(['environment', 'crash', 'pids']);
  const { finding } = await servers.call(server('well'), 'environment', {}, never);
  const variables = (finding as { text: string }).text
    .split('\n')
    .filter((line) => line !== '' && !/^(?:PWD|SHLVL|_|OLDPWD|NODE_V8_COVERAGE|__CF_USER_TEXT_ENCODING)=/.test(line));
  expect(variables).toEqual(['GIVEN=yes']);
  await vi.waitFor(() => expect(lines.join('\n')).toContain('started well'), { timeout: 60_000 });
});

it('ends a command with all that it started', async () => {
  const { servers } = stdio('forks');
  const { finding } = await servers.call(server('forks'), 'pids', {}, never);
  const pids = JSON.parse((finding as { text: string }).text) as number[];
  expect(pids.map(isThere)).toEqual([true, true]);
  await servers.close();
  await vi.waitFor(() => expect(pids.map(isThere)).toEqual([false, false]), { timeout: 60_000 });
});

it('ends a command that would stay, once the process is gone that had started it, and no other', async () => {
  const stays = () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
    onTestFinished(() => killGroup(child.pid, 'SIGKILL'));
    return { pid: child.pid!, guard: guardGroup(child.pid!) };
  };
  const [guarded, dismissed] = [stays(), stays()];
  const letGo = once(dismissed.guard, 'exit');
  dismissGuard(dismissed.guard);
  expect(await letGo).toEqual([0, null]);
  // What the system does with the pipes of a process that was killed.
  guarded.guard.stdin!.destroy();
  await vi.waitFor(() => expect(isThere(guarded.pid)).toBe(false), { timeout: 60_000 });
  expect(isThere(dismissed.pid)).toBe(true);
});

it('says of a command that ends, speaks no MCP or is not listed what is wrong, and starts it again only after a while', async () => {
  const { servers } = stdio('ends', 'garbage', 'endless', 'well');
  for (const [command, problem] of [
    ['ends', 'Its connection broke off.'],
    ['garbage', 'It answered with something that is no MCP.'],
    ['endless', 'It answered with more than 1024 kB, which is not read.'],
    ['rm', 'This server lists no command “rm”. Whoever runs it lists commands in MCP_STDIO.'],
  ] as const) {
    expect(await servers.check(server(command), never)).toEqual({ problem, tools: [] });
  }
  const crashed = await servers.call(server('well'), 'crash', {}, never);
  expect(crashed).toEqual({ finding: { kind: 'text', text: '“Local”: Its connection broke off.' }, failed: true });
  // It is left alone for now, and its tools are away.
  expect(await servers.given([{ ...server('well'), only: null }], never)).toEqual([]);
  expect(servers.commandNames).toEqual(['endless', 'ends', 'garbage', 'well']);
});
