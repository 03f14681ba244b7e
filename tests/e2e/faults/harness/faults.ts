import { setTimeout as delay } from 'node:timers/promises';
import type { Links, World, WorldProcess } from './world.js';

/** Something that goes wrong, and is over when it resolves: mended, or left for the world to mend itself. */
export type Fault = (world: World) => Promise<void>;

const linkNames = ['postgres', 'nats', 'redis'] as const satisfies (keyof Links)[];

/** Picks a process that is up; any process if none is. */
function oneOf(world: World, processes: readonly WorldProcess[]): WorldProcess {
  const up = processes.filter((each) => each.up);
  return world.chance.pick(up.length > 0 ? up : processes);
}

function aLink(world: World) {
  return oneOf(world, [...world.apis, ...world.workers]).links[world.chance.pick(linkNames)];
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
  'kill a worker': (world) => killAndStart(world, oneOf(world, world.workers)),
  async 'restart an API'(world) {
    const process = oneOf(world, world.apis);
    await process.stop();
    await process.start();
  },
  async 'restart a worker'(world) {
    const process = oneOf(world, world.workers);
    await process.stop();
    await process.start();
  },
  'stop an API for a while': (world) => stopAndContinue(world, oneOf(world, world.apis), world.chance.between(200, 2_500)),
  'stop a worker past its lease': (world) => stopAndContinue(world, oneOf(world, world.workers), world.chance.between(1_600, 2_500)),
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
