// `npm run api`, `npm run worker`, `npm run admin -- <username>`: one process of the distributed shape.
// `npm run build` installs and builds, and starts nothing. See start.mjs on syntax.
import { requireNode } from './lib/node-version.mjs';

requireNode();
import('./lib/launch.mjs').then(function (module) {
  return module.launch(process.argv[2], process.argv.slice(3));
});
