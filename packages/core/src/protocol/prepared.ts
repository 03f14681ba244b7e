import { Prisma } from '@parley/db';

/** Stands for a value while a statement is composed. */
class StandIn {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Refuses to be used as text: only the value has a text, and the value is not known yet. */
  [Symbol.toPrimitive](): never {
    throw new TypeError(`the value ${this.name} was used as text while its statement was composed`);
  }
}

/**
 * A statement whose text was joined once, before. Every run has that same string, so a connection finds its prepared statement without
 * reading the text again.
 */
class PreparedSql extends Prisma.Sql {
  readonly #text: string;

  constructor(composed: Prisma.Sql, text: string, values: Prisma.Sql['values']) {
    super(composed.strings, values);
    this.#text = text;
  }

  override get text(): string {
    return this.#text;
  }
}

/**
 * Composes a statement at its first run, and at later runs only puts the values in. For a statement that runs so often that composing it
 * would cost more than anything else in it.
 *
 * @param compose gets a stand-in for each value, and may only place it in a `Prisma.sql`: a decision by the value of one run would hold
 *   for all runs
 */
export function prepared<Values extends object>(compose: (values: Values) => Prisma.Sql): (values: Values) => Prisma.Sql {
  let known: { composed: Prisma.Sql; text: string } | undefined;
  return (values) => {
    if (!known) {
      const standIns = new Proxy(values, { get: (_, name) => new StandIn(String(name)) });
      const composed = compose(standIns);
      known = { composed, text: composed.text };
    }
    const placed = known.composed.values.map((value) => (value instanceof StandIn ? valueOf(values, value.name) : value));
    return new PreparedSql(known.composed, known.text, placed);
  };
}

function valueOf(values: object, name: string): unknown {
  const value: unknown = values[name as keyof typeof values];
  if (value === undefined) throw new TypeError(`the statement has no value for ${name}`);
  return value;
}
