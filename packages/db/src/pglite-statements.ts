import type { PGlite } from '@electric-sql/pglite';

type Answer = Awaited<ReturnType<PGlite['execProtocolStream']>>;

/** A statement that the database keeps under a name, and what it answered when it was named. */
interface Kept {
  name: string;
  parsed: Answer;
  described?: Answer;
}

/** Texts that are kept at most, those that ran last: the plan of a large one takes 400 kB, and this memory is never given back. */
const maxKept = 200;
/** Texts that are remembered because they came once. */
const maxSeen = 500;
/** Runs after which plans are made anew, at most. Making the plans of all that runs often costs as much as some 100 runs. */
const maxRunsOfPlans = 10_000;

/** Kept statements answer for the schema that they were made for, and the last two end them all. */
const endsStatements = /\b(?:alter|create|drop|deallocate|discard\s+all)\b/i;

/** The letters that messages of PostgreSQL's protocol begin with. */
const letter = { bind: 0x42, close: 0x43, describe: 0x44, parse: 0x50, query: 0x51, statement: 0x53 };
/** A message begins with its letter and its length. */
const headBytes = 5;

/**
 * Has a database in this process keep the statements that it runs again, as connections to a server do (`statement-names.ts`). PGlite's
 * `query` has each text parsed and planned at each run, which is two thirds of the work of most of our statements.
 *
 * A text is kept when it comes a second time, because many come once. PostgreSQL makes plans for good after five runs. On a server
 * autovacuum has it think again when tables have grown; PGlite has no such process, so plans are made anew whenever as many statements
 * have run as since the start.
 */
export function keepStatements(pglite: PGlite): PGlite {
  const send = pglite.execProtocolStream.bind(pglite);
  const kept = new Map<string, Kept>();
  const seen = new Set<string>();
  /** Of the messages that follow. PGlite lets no others come between the messages of a statement. */
  let current: Kept | undefined;
  let named = 0;
  let runs = 0;
  let replanAt = 100;

  const forget = () => {
    kept.clear();
    current = undefined;
  };

  async function parse(message: Uint8Array, options: Parameters<typeof send>[1]): Promise<Answer> {
    current = undefined;
    // An empty name, the text, and the types of parameters that the caller gave.
    const text = textOf(message, headBytes + 1);
    const known = kept.get(text);
    if (known) {
      // The last of the map is what ran last.
      kept.delete(text);
      kept.set(text, known);
      current = known;
      return known.parsed;
    }
    const ends = endsStatements.test(text);
    if (ends) forget();
    if (ends || !seen.has(text)) {
      if (seen.size >= maxSeen) seen.clear();
      seen.add(text);
      return send(message, options);
    }
    for (const [oldest, { name }] of kept) {
      if (kept.size < maxKept) break;
      await send(withName(closeMessage, headBytes + 1, name), options);
      kept.delete(oldest);
    }
    const name = `parley_${named++}`;
    const parsed = await send(withName(message, headBytes, name), options);
    current = { name, parsed };
    kept.set(text, current);
    return parsed;
  }

  async function bind(statement: Kept, message: Uint8Array, options: Parameters<typeof send>[1]): Promise<Answer> {
    if (++runs >= replanAt) {
      replanAt = runs + Math.min(runs, maxRunsOfPlans);
      await send(scriptMessage('discard plans'), { syncToFs: false });
    }
    // The name of the portal comes first, and is empty.
    return send(withName(message, headBytes + 1, statement.name), options);
  }

  pglite.execProtocolStream = async (message, options) => {
    switch (message[0]) {
      case letter.query:
        if (endsStatements.test(textOf(message, headBytes))) forget();
        return send(message, options);
      case letter.parse:
        return parse(message, options);
      case letter.describe:
        if (!current || message[headBytes] !== letter.statement) return send(message, options);
        current.described ??= await send(withName(message, headBytes + 1, current.name), options);
        return current.described;
      case letter.bind:
        return current ? bind(current, message, options) : send(message, options);
    }
    return send(message, options);
  };
  return pglite;
}

/** Ends the statement whose name is put into it. */
const closeMessage = Uint8Array.of(letter.close, 0, 0, 0, 0, letter.statement, 0);

/** The rest of a message, a character for each byte. */
function textOf(message: Uint8Array, from: number): string {
  return Buffer.from(message.buffer, message.byteOffset + from, message.length - from).toString('latin1');
}

/** The message with a name at a place where it has an empty one. */
function withName(message: Uint8Array, place: number, name: string): Uint8Array {
  const whole = Buffer.concat([message.subarray(0, place), Buffer.from(name), message.subarray(place)]);
  whole.writeUInt32BE(whole.length - 1, 1);
  return whole;
}

function scriptMessage(sql: string): Uint8Array {
  const whole = Buffer.concat([Buffer.alloc(headBytes), Buffer.from(sql), Buffer.alloc(1)]);
  whole.writeUInt8(letter.query, 0);
  whole.writeUInt32BE(whole.length - 1, 1);
  return whole;
}
