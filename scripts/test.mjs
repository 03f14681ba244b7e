// `npm test`: everything CI checks, from a fresh clone. See start.mjs on syntax.
import { requireNode } from './lib/node-version.mjs';

requireNode();
import('./lib/testing/run-tests.mjs').then(function (module) {
  return module.runTests(process.argv.slice(2));
});
