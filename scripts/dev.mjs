// `npm run dev`: watch mode of the embedded shape. See start.mjs on syntax.
import { requireNode } from './lib/node-version.mjs';

requireNode();
import('./lib/run-dev.mjs').then(function (module) {
  return module.runDev();
});
