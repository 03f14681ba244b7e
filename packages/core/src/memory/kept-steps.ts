/** How many of the newest steps of a summary are all kept. */
const newest = 8;

/**
 * The steps of a summary that are kept once there are `count`: the newest eight, of the eight before those every second, then every
 * fourth, and so on. So a change of an old message costs at most about as many new steps as the room has had since, and a room of a
 * million messages keeps some dozens of texts.
 *
 * @returns places from 1, ascending
 */
export function keptSteps(count: number): number[] {
  const kept: number[] = [];
  for (let step = count, every = 1; step >= 1; step -= every) {
    while (count - step >= newest * every) every *= 2;
    step -= step % every;
    if (step >= 1) kept.unshift(step);
  }
  return kept;
}
