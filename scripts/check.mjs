// `npm run check`: format, lint, types, unused code, import rules. See start.mjs on syntax.
import { requireNode } from './lib/node-version.mjs';

requireNode();
import('./lib/checks.mjs').then(function (module) {
  return module.check(process.argv.slice(2));
});
