// Writes the pages under docs/ into a module, so that a process needs no file beside its bundle to serve them.
// Called by the API's `generate`, from its own folder: node generate-docs.mjs <file to write>
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from './paths.mjs';

const [file] = process.argv.slice(2);
const folder = join(root, 'docs');
const names = (await readdir(folder)).filter((name) => /^[a-z0-9-]+\.md$/.test(name)).toSorted();
const pages = await Promise.all(names.map(async (name) => [name.slice(0, -'.md'.length), await readFile(join(folder, name), 'utf8')]));
await mkdir(dirname(file), { recursive: true });
await writeFile(
  file,
  [
    '// Written by `generate` from the pages in docs/.',
    'export const documents: Readonly<Record<string, string>> = {',
    ...pages.map(([name, text]) => `  ${JSON.stringify(name)}: ${JSON.stringify(text)},`),
    '};',
    '',
  ].join('\n'),
);
