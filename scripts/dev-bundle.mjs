// `node dev-bundle.mjs`, run in an app: makes `dev/main.js` of `src/main.ts` and all that it imports of ours, and again at each edit. It takes no
// look at types, so an edit is there before tsc has checked it.
import { watch } from 'rolldown';
import { bundleOptions } from './lib/bundle-options.mjs';

const { input, output } = bundleOptions(process.cwd());

const watcher = watch({
  ...input,
  input: { main: 'src/main.ts' },
  // Our packages from their sources, as Vite takes them for the page.
  resolve: { conditionNames: ['parley-source', 'node'] },
  // What tsc makes of sources for Node 20, which knows no `using`.
  transform: { target: 'es2023' },
  output: { ...output, dir: 'dev' },
});
watcher.on('event', (event) => {
  if (event.code === 'BUNDLE_END') console.log(`bundled in ${event.duration} ms`);
  if (event.code === 'ERROR') console.log(`✗ ${event.error.message}`);
  if ('result' in event) void event.result.close();
});
