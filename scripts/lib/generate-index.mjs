// Lists the files of a folder in a module, so that a new file there needs no line elsewhere: a bundler needs static imports.
// Called by a workspace's `generate`, from its own folder: node generate-index.mjs <folder> <file to write> <name of what it exports>
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The module that exports, by file name, what each file has as its default.
 *
 * @param {{ names: string[], folder: string, file: string, constant: string }} options `names` without `.ts`; paths from the workspace, with `/`
 * @returns {string}
 */
export function indexModule({ names, folder, file, constant }) {
  const from = posix.relative(posix.dirname(file), folder);
  const sorted = names.toSorted();
  return [
    `// Written by \`generate\` from the files in ${folder}.`,
    ...sorted.map((name, place) => `import file${place} from '${from}/${name}.js';`),
    '',
    `export const ${constant} = {`,
    ...sorted.map((name, place) => `  '${name}': file${place},`),
    '};',
    '',
  ].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, file, constant] = process.argv.slice(2);
  const names = (await readdir(folder)).filter((name) => /^[a-z0-9-]+\.ts$/.test(name)).map((name) => name.slice(0, -'.ts'.length));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, indexModule({ names, folder, file, constant }));
}
