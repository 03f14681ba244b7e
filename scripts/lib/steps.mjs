/**
 * A failure that is already said in one clear line (and perhaps the output behind it): printed without a stack.
 */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {{ output?: string, cause?: unknown }} [details] `output`: what the failed command printed
   */
  constructor(message, details = {}) {
    super(message, { cause: details.cause });
    this.name = 'StepError';
    this.output = details.output ?? '';
  }
}

/**
 * Says what is being done, a line per step with its time. Where nobody reads it any more (`npm run dev | head -1`) the process goes on, as
 * our servers do: one that died of it would leave its children behind.
 *
 * @param {{ write?: (line: string) => void, now?: () => number }} [options]
 */
export function createSteps({ write = (line) => console.log(line), now = () => performance.now() } = {}) {
  for (const stream of [process.stdout, process.stderr]) if (!stream.listeners('error').includes(goOn)) stream.on('error', goOn);
  return {
    /** @param {string} line */
    say(line) {
      write(line);
    },

    /**
     * Runs one step and prints its line when it is over. A step that takes long may say so at its start with `begin`.
     *
     * @template T
     * @param {string} name
     * @param {(note: (text: string) => void, begin: (text: string) => void) => Promise<T> | T} work `note` sets what the line says beside the name
     * @returns {Promise<T>}
     */
    async step(name, work) {
      const startedAt = now();
      let text = '';
      const line = (mark) => `${mark} ${name.padEnd(9)} ${text ? `${text}  ` : ''}${formatSeconds(now() - startedAt)}`;
      try {
        const result = await work(
          (note) => (text = note),
          (begun) => write(`· ${name.padEnd(9)} ${begun} …`),
        );
        write(line('✓'));
        return result;
      } catch (error) {
        text = 'failed';
        write(line('✗'));
        throw error;
      }
    },
  };
}

function goOn() {}

/** @param {number} ms */
export function formatSeconds(ms) {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/**
 * Prints an error as a person should see it. A StepError is its sentence and the output behind it, anything else keeps its stack.
 *
 * @param {unknown} error
 */
export function printError(error) {
  if (error instanceof StepError) {
    if (error.output.trim()) console.error(error.output.trimEnd());
    console.error(error.message);
  } else {
    console.error(error);
  }
}
