import { rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Imports a TypeScript source that is not compiled yet, with the sources that it imports.
 *
 * @param {string} source
 * @param {string} beside where its code stands for a moment: from there it finds files by its own place
 * @returns {Promise<object>} what it exports
 */
export async function importSource(source, beside) {
  const bundle = await rolldown({ input: source, platform: 'node', external: isBuiltin });
  const {
    output: [{ code }],
  } = await bundle.generate();
  await bundle.close();
  await writeFile(beside, code);
  try {
    return await import(pathToFileURL(beside).href);
  } finally {
    await rm(beside);
  }
}
