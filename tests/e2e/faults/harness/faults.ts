import { setTimeout as delay } from 'node:timers/promises';
import type { Links, World, WorldProcess } from './world.js';

/** Something that goes wrong, and is over when it resolves: mended, or left for the world to mend itself. */
export type Fault = (world: World) => Promise<void>;

const linkNames = ['postgres', 'nats', 'redis'] as const satisfies (keyof Links)[];

/** Picks a process that is up; any process if none is. @param preferred one of these, if there are any */
function oneOf(world: World, preferred: readonly WorldProcess[], processes = preferred): WorldProcess {
  const up = (preferred.length > 0 ? preferred : processes).filter((each) => each.up);
  return world.chance.pick(up.length > 0 ? up : processes);
}

function aLink(world: World) {
  return oneOf(world, [...world.apis, ...world.workers]).links[world.chance.pick(linkNames)];
}

/** What workers do that is over soon: of a fault that hits any worker, few would meet it. SQL over a job `j`. */
const briefly = {
  'asks whether a character speaks': `j.kind = 'ambient'`,
  'calls a tool that changes something': `exists (
    select 1 from jsonb_array_elements(j.steps) step, jsonb_array_elements(step -> 'calls') c
    where c ->> 'state' = 'running' and c ->> 'repeatable' = 'false')`,
} as const;

/** Picks a worker that is up; mostly one that does what few do, if there is one. */
async function aWorker(world: World): Promise<WorldProcess> {
  const wanted = world.chance.pick([...Object.values(briefly), ...Object.values(briefly), 'true']);
  const busy = await world.database.db.$queryRawUnsafe<{ name: string }[]>(
    `select distinct j.lease_owner as name from jobs j where j.state = 'streaming' and ${wanted}`,
  );
  return oneOf(
    world,
    world.workers.filter(({ name, up }) => up && busy.some((each) => each.name === name)),
    world.workers,
  );
}

async function killAndStart(world: World, process: WorldProcess): Promise<void> {
  await process.kill();
  await delay(world.chance.between(0, 500));
  await process.start();
}

async function stopAndContinue(world: World, process: WorldProcess, ms: number): Promise<void> {
  process.running.signal('SIGSTOP');
  await delay(ms);
  process.running.signal('SIGCONT');
}

/** Every kind of fault of the random run. None lasts longer than a few seconds. */
export const faults: Record<string, Fault> = {
  'kill an API': (world) => killAndStart(world, oneOf(world, world.apis)),
  'kill a worker': async (world) => killAndStart(world, await aWorker(world)),
  async 'restart an API'(world) {
    const process = oneOf(world, world.apis);
    await process.stop();
    await process.start();
  },
  async 'restart a worker'(world) {
    const process = await aWorker(world);
    await process.stop();
    await process.start();
  },
  'stop an API for a while': (world) => stopAndContinue(world, oneOf(world, world.apis), world.chance.between(200, 2_500)),
  'stop a worker past its lease': async (world) => stopAndContinue(world, await aWorker(world), world.chance.between(1_600, 2_500)),
  async 'kill PostgreSQL'(world) {
    await world.postgres.kill();
    await delay(world.chance.between(0, 800));
    await world.postgres.start();
  },
  async 'kill NATS'(world) {
    await world.nats.kill();
    await delay(world.chance.between(0, 1_500));
    await world.nats.start();
  },
  'wipe NATS': (world) => world.nats.restartEmpty(),
  async 'freeze NATS'(world) {
    world.nats.freeze();
    await delay(world.chance.between(200, 2_000));
    world.nats.thaw();
  },
  async 'kill Redis'(world) {
    await world.redis.kill();
    await delay(world.chance.between(0, 1_000));
    await world.redis.start();
  },
  'flush Redis': (world) => world.redis.flush(),
  async 'cut a link'(world) {
    aLink(world).cut();
  },
  async 'refuse a link'(world) {
    const link = aLink(world);
    link.refuse();
    await delay(world.chance.between(100, 1_500));
    link.restore();
  },
  async 'freeze a link'(world) {
    const link = aLink(world);
    link.freeze();
    await delay(world.chance.between(200, 2_000));
    link.restore();
  },
  async 'delay a link'(world) {
    const link = aLink(world);
    link.delay(world.chance.between(5, 60));
    await delay(world.chance.between(500, 1_500));
    link.restore();
  },
  async 'cut all clients'(world) {
    world.front.cut();
  },
  async 'cut clients at any byte'(world) {
    world.front.cut();
    world.front.cutEachAfter(() => world.chance.between(1, 8_000));
    await delay(world.chance.between(200, 1_200));
    world.front.restore();
  },
  async 'freeze all clients'(world) {
    world.front.freeze();
    await delay(world.chance.between(200, 2_500));
    world.front.restore();
  },
};

/** The ways in which a model goes wrong. */
export const modelFaults = ['status 500', 'status 429', 'cut', 'stall', 'malformed'] as const;
