import { existsSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Packages that stay as they are installed, because they read files beside their code or load native code. */
const asInstalled = ['@electric-sql/pglite', '@node-rs/argon2', 'fs-native-extensions'];

/**
 * Prisma's query compiler comes as a module that holds its bytes as a text, which every start would read, parse and decode. The bundle
 * keeps the bytes in a file instead: Prisma's `Buffer.from(text, 'base64')` takes the bytes of a file as they are.
 */
const bytesAsFile = {
  name: 'bytes-as-file',
  load: {
    filter: { id: /\.wasm-base64\.m?js$/ },
    async handler(id) {
      const { wasm } = await import(pathToFileURL(id).href);
      const fileName = `${basename(id).split('.wasm-base64')[0]}.wasm`;
      this.emitFile({ type: 'asset', fileName, source: Buffer.from(wasm, 'base64') });
      return `import { readFileSync } from 'node:fs';\nexport const wasm = readFileSync(new URL('./${fileName}', import.meta.url));`;
    },
  },
};

/**
 * How a process becomes one file, be it built for good or anew at each edit.
 *
 * @param {string} app the folder of the app
 */
export function bundleOptions(app) {
  return {
    input: {
      cwd: app,
      platform: /** @type {const} */ ('node'),
      plugins: [bytesAsFile],
      // On a busy machine a build would warn of how long it took, and a warning ends it.
      checks: { bundlerTimings: false },
      external: (id, importer) => isBuiltin(id) || isAsInstalled(app, id, importer),
    },
    output: { entryFileNames: '[name].js', chunkFileNames: '[name].js', sourcemap: true },
  };
}

/**
 * @param {string} app
 * @param {string} id what is imported
 * @param {string | undefined} importer
 * @throws Error if the bundle would find another copy of the package than its importer does
 */
function isAsInstalled(app, id, importer) {
  const name = asInstalled.find((candidate) => id === candidate || id.startsWith(`${candidate}/`));
  if (name === undefined) return false;
  const [fromImporter, fromBundle] = [importer ?? app, app].map((file) => installedAt(name, file));
  if (fromImporter !== fromBundle) throw new Error(`${name}: ${importer} finds ${fromImporter}, a bundle in ${app} finds ${fromBundle}`);
  return true;
}

/** @returns {string | null} the folder of a package as Node finds it, going up from a file */
function installedAt(name, file) {
  for (let folder = file; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
  }
  return null;
}
