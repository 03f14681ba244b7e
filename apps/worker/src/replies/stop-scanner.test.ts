import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopScanner } from './stop-scanner.js';

/** What comes out of a scanner that is given these pieces. */
function scan(pieces: readonly string[], stops: readonly string[]): { text: string; found: boolean } {
  const scanner = new StopScanner(stops);
  let text = '';
  for (const piece of pieces) text += scanner.push(piece);
  const { found } = scanner;
  return { text: text + scanner.end(), found };
}

describe('StopScanner', () => {
  it('ends the text before a stop, however the pieces cut it', () => {
    expect(scan(['One, tw', 'o, thr', 'ee, four'], ['four', 'three'])).toEqual({ text: 'One, two, ', found: true });
    expect(scan(['aaa', 'ab'], ['aab'])).toEqual({ text: 'aa', found: true });
    expect(scan(['🚢', 'x'], ['🚢'])).toEqual({ text: '', found: true });
  });

  it('gives back at the end what only began like a stop, and keeps nothing back without need', () => {
    const scanner = new StopScanner(['###']);
    expect(scanner.push('a ## b ##')).toBe('a ## b ');
    expect(scanner.push('c')).toBe('##c');
    expect(scanner.push('#')).toBe('');
    expect(scanner.end()).toBe('#');
  });

  it('finds what a search in the whole text finds', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f6a2}'), maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(
          piece.filter((stop) => stop !== ''),
          { maxLength: 4 },
        ),
        (pieces, stops) => {
          const whole = pieces.join('');
          // The stop that is whole first; of several, the one that begins first.
          const ends = stops.flatMap((stop) =>
            whole.includes(stop) ? [{ start: whole.indexOf(stop), end: whole.indexOf(stop) + stop.length }] : [],
          );
          const [first] = ends.toSorted((one, other) => one.end - other.end || one.start - other.start);
          expect(scan(pieces, stops)).toEqual({ text: first ? whole.slice(0, first.start) : whole, found: first !== undefined });
        },
      ),
    );
  });
});
