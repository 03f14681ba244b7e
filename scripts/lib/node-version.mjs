// Must parse and run on Node 14: no `??=`, no `Array.prototype.at`, no static import of anything newer.

/** The oldest Node that works, as in `engines` of package.json. */
export const oldestNode = '20.19.0';

/**
 * Says why this Node cannot be used, or null when it can.
 *
 * @param {string} version such as `20.19.1` or `v20.19.1`
 * @param {string} [oldest]
 * @returns {string | null}
 */
export function nodeVersionProblem(version, oldest) {
  const needed = oldest || oldestNode;
  const have = numbers(version);
  const want = numbers(needed);
  for (let i = 0; i < 3; i++) {
    if (have[i] > want[i]) return null;
    if (have[i] < want[i]) {
      return `Parley needs Node ${needed} or newer, and this is Node ${version.replace(/^v/, '')}. Install a current Node from https://nodejs.org and try again.`;
    }
  }
  return null;
}

/** @param {string} version */
function numbers(version) {
  const parts = version.replace(/^v/, '').split(/[.-]/);
  return [0, 1, 2].map(function (i) {
    return Number.parseInt(parts[i], 10) || 0;
  });
}

/** Ends the process with one line and code 1 when this Node is too old. */
export function requireNode() {
  const problem = nodeVersionProblem(process.versions.node);
  if (problem) {
    console.error(problem);
    process.exit(1);
  }
}
