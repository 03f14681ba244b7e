import { createHook } from 'node:async_hooks';

/**
 * Counts the work of the longest slice of the event loop while `work` is done, without a clock: a slow or busy machine counts the same.
 * A slice ends where something else may have its turn. What people's texts cost is patterns, normalising and JSON, so these are counted,
 * in units of about half a microsecond: each try of a pattern is one, and so are hundreds of characters that it looks through.
 */
export async function longestSlice(work: () => unknown): Promise<number> {
  let longest = 0;
  let slice = 0;
  const count = (units: number): void => {
    slice += units;
    if (slice > longest) longest = slice;
  };
  /** Callbacks that begin a slice. Those of promises and of `nextTick` go on with the one that is under way. */
  const turns = new Set<number>();
  const hook = createHook({
    init: (id, type) => void (/^(?:PROMISE|TickObject|Microtask)$/.test(type) || turns.add(id)),
    before: (id) => {
      if (turns.has(id)) slice = 0;
    },
    destroy: (id) => void turns.delete(id),
  });
  const undo: (() => void)[] = [];
  const replace = <T extends object, Name extends keyof T>(owner: T, name: Name, counted: (original: T[Name]) => T[Name]): void => {
    const original = owner[name];
    owner[name] = counted(original);
    undo.push(() => void (owner[name] = original));
  };
  // All methods of strings that take a pattern, and `test`, end up here.
  replace(RegExp.prototype, 'exec', (exec) => {
    return function counted(this: RegExp, text: string) {
      const from = this.lastIndex;
      const match = exec.call(this, text);
      const anchored = this.sticky || this.source.startsWith('^');
      const passed = match ? match.index + match[0].length - (this.global ? from : 0) : anchored ? 0 : String(text).length - from;
      count(1 + Math.max(0, passed) / charactersPerUnit);
      return match;
    };
  });
  replace(String.prototype, 'normalize', (normalize) => {
    return function counted(this: string, form?: string) {
      count(1 + this.length / 16);
      return normalize.call(this, form as 'NFC');
    };
  });
  replace(JSON, 'parse', (parse) => (text, reviver) => {
    count(1 + marksIn(text) / 2 + text.length / charactersPerUnit);
    return parse(text, reviver) as unknown;
  });
  replace(JSON, 'stringify', (stringify) => (value: unknown, ...more: never[]) => {
    const text = stringify(value, ...more) as string | undefined;
    count(1 + (text?.length ?? 0) / 64);
    return text as string;
  });
  hook.enable();
  try {
    await work();
  } finally {
    hook.disable();
    for (const each of undo) each();
  }
  return longest;
}

const charactersPerUnit = 256;

/** Brackets, commas and colons outside of strings. */
function marksIn(json: string): number {
  let marks = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const sign = json[at]!;
    if (inString && sign === '\\') at++;
    else if (sign === '"') inString = !inString;
    else if (!inString && '[]{},:'.includes(sign)) marks++;
  }
  return marks;
}
