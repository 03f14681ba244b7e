// `npm run cluster`: the whole distributed shape on this machine, without containers. See start.mjs on syntax.
import { requireNode } from './lib/node-version.mjs';

requireNode();
import('./lib/cluster/run-cluster.mjs').then(function (module) {
  return module.runCluster(process.argv.slice(2));
});
