import { describe, expect, it } from 'vitest';
import { createWorkerWorld } from '../replies/worker.fixture.js';
import { numbersOf, randomSteps, secretsIn, type Step } from './history.fixture.js';
import { Leak, liveHistories } from './live-histories.fixture.js';
import { storeAll, storedHistory, wireOf, type StoredHistory } from './stored-histories.fixture.js';

/**
 * Ten thousand random histories of people, characters, texts, edits, deletions, hides, notes and versions, with a secret in each text: no
 * provider is told one that its readers may not see. Ten thousand times everything that people and workers call would take a quarter of an
 * hour, so there are two tests. Some histories happen, from the call of each person to the body of each request. Of ten thousand only what
 * they leave in the database is written, and what a worker reads, asks and sends is its own; the first test shows that people's calls leave
 * just that.
 *
 * The histories are the same in each run, so that what fails has to do with what was changed. HISTORIES_SEED makes others, HISTORIES and
 * STORED_HISTORIES say how many.
 */
const seed = Number(process.env['HISTORIES_SEED'] ?? 1);
const lived = Number(process.env['HISTORIES'] ?? 12);
const stored = Number(process.env['STORED_HISTORIES'] ?? 10_000);
/** How many are written at once. */
const batchSize = 250;

describe(`histories of the seed ${seed}`, () => {
  it('no provider and no agent is told what its readers may not see, where people act and workers answer', async () => {
    await using live = await liveHistories();
    const next = numbersOf(seed);
    for (let history = 0; history < lived; history++) {
      // Each begins with a text in the open room, so that agents are asked too, whatever the seed.
      const steps = [{ kind: 'say' as const, a: 1, b: 0, c: 0 }, ...randomSteps(next, 30)];
      const found = await leakOf(live.run(history, steps));
      if (!found) continue;
      const least = await shrunk(async (fewer) => (await leakOf(live.run(history, fewer))) !== null, steps);
      expect.fail(`history ${history}: ${found.message}\nThe least that shows it: ${JSON.stringify(least)}`);
    }
    // What asks nobody anything shows nothing.
    expect(Object.values(live.told).filter((requests) => requests === 0)).toEqual([]);
    expect(live.secrets).toBeGreaterThan(lived * 5);
    // The first text of twelve is heard by characters of each habit.
    const habits = lived < 12 ? [] : ['always', 'turn', 'ambient'];
    expect(habits.filter((habit) => !live.happened.has(`call ${habit}`))).toEqual([]);
  });

  it('no provider is told what its readers may not see, nor misses what they may, in ten thousand histories as they are stored', async () => {
    await using world = await createWorkerWorld();
    const wire = wireOf(world);
    const make = (number: number, steps: readonly Step[]) => storedHistory(number, steps, numbersOf(seed - number));
    const stepsOf = (number: number) => randomSteps(numbersOf(seed + number), 16);
    /** What is wrong with what was told; null if nothing is. */
    const wrong = async (number: number, { claim, allowed, whole }: StoredHistory): Promise<string | null> => {
      const text = await wire(number, claim);
      const told = secretsIn(text);
      const leaked = [...told].filter((secret) => !allowed.has(secret));
      const missing = whole ? [...allowed].filter((secret) => !told.has(secret)) : [];
      return leaked.length + missing.length === 0 && text !== ''
        ? null
        : `leaked: ${leaked.join()}; missing: ${missing.join()}; told: ${text}`;
    };
    const asked = new Map<string, number>();
    let told = 0;
    for (let first = 0; first < stored; first += batchSize) {
      const numbers = Array.from({ length: Math.min(batchSize, stored - first) }, (_, index) => first + index);
      const batch = numbers.flatMap((number) => {
        const history = make(number, stepsOf(number));
        return history ? [{ number, history }] : [];
      });
      await storeAll(
        world,
        batch.map(({ history }) => history),
      );
      for (const { number, history } of batch) {
        const found = await wrong(number, history);
        asked.set(history.how, (asked.get(history.how) ?? 0) + 1);
        told += history.allowed.size;
        if (!found) continue;
        // Each try has rooms of its own: its number is another one of the same provider.
        let tries = 0;
        const fails = async (steps: readonly Step[]): Promise<boolean> => {
          const other = number + 400_000 + 4 * ++tries;
          const fewer = storedHistory(other, steps, numbersOf(seed - number));
          if (!fewer) return false;
          await storeAll(world, [fewer]);
          return (await wrong(other, fewer)) !== null;
        };
        expect.fail(`history ${number}: ${found}\nThe least that shows it: ${JSON.stringify(await shrunk(fails, stepsOf(number)))}`);
      }
    }
    // Every way to ask was tried, and most requests had something to tell.
    expect(asked.size).toBeGreaterThan(stored < 500 ? 0 : 15);
    expect(told).toBeGreaterThan(stored);
  });
});

async function leakOf(run: Promise<void>): Promise<Leak | null> {
  try {
    await run;
    return null;
  } catch (error) {
    if (error instanceof Leak) return error;
    throw error;
  }
}

/** Leaves out of a history that fails what it fails without. */
async function shrunk(fails: (steps: readonly Step[]) => Promise<boolean>, steps: readonly Step[]): Promise<readonly Step[]> {
  let least = steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.length;) {
      const without = least.toSpliced(at, size);
      if (await fails(without)) least = without;
      else at += size;
    }
  }
  return least;
}
