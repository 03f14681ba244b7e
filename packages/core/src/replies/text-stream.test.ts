import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextStream } from './text-stream.js';

/** A text cut at any UTF-16 unit, and anything else a model might send. */
const chunks = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('\0', '\ud83d', '\ude00', '', 'é', '😀')), {
  maxLength: 30,
});

describe('TextStream', () => {
  it('gives well-formed pieces whose concatenation is the text, at the offsets it says', () => {
    fc.assert(
      fc.property(chunks, (given) => {
        const stream = new TextStream();
        let text = '';
        for (const piece of [...given.map((chunk) => stream.push(chunk)), stream.end()]) {
          expect(piece.offset).toBe(text.length);
          expect(piece.text.isWellFormed()).toBe(true);
          text += piece.text;
        }
        expect(text).toBe(stream.text);
        expect(text).toBe(given.join('').replaceAll('\0', '').toWellFormed());
      }),
    );
  });

  it('puts a surrogate pair together that came in two chunks, also around U+0000', () => {
    const stream = new TextStream();
    expect(stream.push('a\ud83d').text).toBe('a');
    expect(stream.push('\0').text).toBe('');
    expect(stream.push('\ude00b').text).toBe('😀b');
    expect(stream.push('\ud83d').text).toBe('');
    expect(stream.end().text).toBe('\ufffd');
  });

  it('never trims', () => {
    const stream = new TextStream();
    for (const chunk of ['  \n', 'x', '\n\n ']) stream.push(chunk);
    stream.end();
    expect(stream.text).toBe('  \nx\n\n ');
  });

  it('stops at its limit of bytes, between characters', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 5 }), { maxLength: 20 }), fc.nat(20), (given, maxBytes) => {
        const stream = new TextStream(maxBytes);
        for (const chunk of given) stream.push(chunk);
        stream.end();
        const whole = given.join('').toWellFormed();
        expect(whole.startsWith(stream.text)).toBe(true);
        expect(Buffer.byteLength(stream.text)).toBeLessThanOrEqual(maxBytes);
        expect(stream.full).toBe(Buffer.byteLength(whole) > maxBytes);
      }),
    );
  });
});
