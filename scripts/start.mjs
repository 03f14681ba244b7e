// `npm start`: the embedded shape, from a fresh clone. Only syntax that Node 14 can parse may stand here and in what this file
// imports statically, so that an old Node gets a sentence instead of a syntax error.
import { requireNode } from './lib/node-version.mjs';

requireNode();
import('./lib/launch.mjs').then(function (module) {
  return module.launch('standalone', process.argv.slice(2));
});
