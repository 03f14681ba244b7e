// Makes `dist-sdk`, what `npm pack` packs: one module of the SDK and all that it imports, and its types.
// docs/decisions/0038-the-sdk-is-packed-whole.md says why it is made so.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { plainTypes } from './plain-types.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const root = join(folder, '../..');
const out = join(folder, 'dist-sdk');

rmSync(out, { recursive: true, force: true });
await bundle();
declarations();
copyFileSync(join(root, 'LICENSE'), join(out, 'LICENSE'));

async function bundle() {
  const made = await rolldown({
    cwd: folder,
    input: 'src/sdk/index.ts',
    platform: 'neutral',
    resolve: { conditionNames: ['parley-source', 'import', 'default'] },
    // As Node 20 and the browsers of its time understand it.
    transform: { target: 'es2022' },
    // On a busy machine it would warn of how long it took.
    checks: { bundlerTimings: false },
    onLog: (level, log) => {
      throw new Error(`${level}: ${log.message}`);
    },
  });
  const { output } = await made.write({ dir: out, entryFileNames: 'index.js' });
  await made.close();
  const [{ imports, dynamicImports, moduleIds }] = output;
  const foreign = moduleIds.filter((id) => id.includes('node_modules'));
  if (output.length > 1 || [...imports, ...dynamicImports, ...foreign].length > 0) {
    throw new Error(
      `The SDK is one file without dependencies, but has ${[...imports, ...dynamicImports, ...foreign].join(', ') || 'several files'}.`,
    );
  }
}

/** Writes the declarations that the entry's needs. The views are written out, so none needs another package. */
function declarations() {
  const project = join(folder, 'tsconfig.sdk.json');
  const made = join(out, '.types');
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--outDir', made], { stdio: 'inherit' });
  const source = join(made, relative(root, folder), 'src');
  const views = join(folder, 'src/sdk/views.ts');
  const wanted = ['sdk/index.d.ts'];
  for (const file of wanted) {
    const text = file === 'sdk/views.d.ts' ? plainTypes(project, views) : readFileSync(join(source, file), 'utf8');
    for (const [, from] of text.matchAll(/\b(?:from|import\() ?'([^']+)'/g)) {
      if (!from.startsWith('.'))
        throw new Error(`${file}: the SDK’s types may not need ${from}. Export what is needed from ${relative(root, views)}.`);
      const needed = join(dirname(file), from.replace(/\.js$/, '.d.ts'));
      if (!wanted.includes(needed)) wanted.push(needed);
    }
    mkdirSync(dirname(join(out, 'types', file)), { recursive: true });
    writeFileSync(join(out, 'types', file), text);
  }
  rmSync(made, { recursive: true });
}
