import { readdirSync, readFileSync } from 'node:fs';

/** Every process that a test starts inherits this variable, whoever its parent becomes. */
const variable = 'PARLEY_TEST_RUN';

/**
 * Names a run of tests in the environment of all its processes, so that the processes it leaves behind can be found: a run that is stopped
 * does not get to end its servers. This works only where there is `/proc`; elsewhere nothing is found.
 *
 * @param {string} run as no other run is named
 */
export function createLeftBehind(run) {
  const entry = `${variable}=${run}`;
  return {
    /** The environment to give to the first process. */
    env: { [variable]: run },

    /**
     * Ends what is left of the run, and looks again until there is nothing new: a process may start another while it is looked for.
     *
     * @returns {string[]} the commands of what was ended
     */
    end() {
      const ended = [];
      /** Pids that were looked at already, also of processes that die slowly or are not ours to end. */
      const met = new Set();
      for (;;) {
        const found = processesWith(entry).filter(({ pid }) => !met.has(pid));
        if (found.length === 0) return ended;
        for (const { pid, command } of found) {
          met.add(pid);
          try {
            process.kill(pid, 'SIGKILL');
            ended.push(command);
          } catch {
            // It ended by itself meanwhile, or belongs to another account.
          }
        }
      }
    },
  };
}

/** @param {string} entry of the environment @returns {{ pid: number, command: string }[]} all but this process and those that are dead already */
function processesWith(entry) {
  return numbersIn('/proc').flatMap((pid) => {
    if (pid === process.pid || !environmentOf(pid).includes(entry)) return [];
    return [{ pid, command: readOr(`/proc/${pid}/cmdline`, '').split('\0').join(' ').trim() }];
  });
}

function numbersIn(directory) {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** A process's environment; empty for a dead process that its parent has not asked about yet. */
function environmentOf(pid) {
  return readOr(`/proc/${pid}/environ`, '').split('\0');
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
