import type { BotCommandView } from '../command-view.js';
import { callOf } from './call-of.js';
import { commands } from './commands.js';

/** The most edits by which a name may differ and still be near, however long it is. */
const maxDistance = 3;

/**
 * The command at the smallest edit distance from `name`; the beginning of a command counts as distance 1. Null if the distance is above 1
 * and above {@link maxDistance} or half the length of `name`.
 *
 * @param ofBots the commands of the room's bots, which come after ours where they are as near
 * @returns the name, with the bot's where it needs that
 */
export function nearestCommand(name: string, ofBots: readonly BotCommandView[] = []): string | null {
  let best: { call: string; distance: number } | null = null;
  const candidates = [
    ...commands.map((command) => ({ name: command.name, call: command.name })),
    ...ofBots.map((command) => ({ name: command.name, call: callOf(command, ofBots) })),
  ];
  for (const { name: candidate, call } of candidates) {
    const distance = candidate !== name && candidate.startsWith(name) ? 1 : editDistance(name, candidate);
    if (!best || distance < best.distance) best = { call, distance };
  }
  return best && best.distance <= Math.max(1, Math.min(maxDistance, Math.floor(name.length / 2))) ? best.call : null;
}

/** Optimal string alignment distance: Levenshtein with swaps of neighbours as one edit (Damerau 1964). */
function editDistance(a: string, b: string): number {
  // The distance is at least the difference of the lengths, so a name as long as a message needs no comparison.
  if (Math.abs(a.length - b.length) > maxDistance) return Infinity;
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, twoBack[j - 2]! + 1);
      current.push(cost);
    }
    twoBack = previous;
    previous = current;
  }
  return previous[b.length]!;
}
