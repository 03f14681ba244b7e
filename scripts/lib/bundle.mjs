// `node bundle.mjs <entry> …`, run in an app: makes `bundle/<entry>.js` of `dist/<entry>.js` and all that it imports.
// docs/decisions/0015-one-file-for-a-process.md says why.
import { rolldown } from 'rolldown';
import { bundleOptions } from './bundle-options.mjs';

const entries = process.argv.slice(2);
const { input, output } = bundleOptions(process.cwd());

const bundle = await rolldown({
  ...input,
  input: Object.fromEntries(entries.map((entry) => [entry, `dist/${entry}.js`])),
  onLog: (level, log) => {
    throw new Error(`${level}: ${log.message}`);
  },
});
await bundle.write({ ...output, dir: 'bundle', cleanDir: true });
await bundle.close();
