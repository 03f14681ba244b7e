/**
 * How much script a signed-in person downloads before the composer takes input and a Markdown message is shown, gzipped:
 * every script of index.html with all it imports statically. Fails above the budget below.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const budgetBytes = 150_000;
const dist = new URL('../dist/', import.meta.url);

const read = (file) => readFileSync(new URL(file.replace(/^\//, ''), dist));

/** @type {Record<string, { file: string, src?: string, imports?: string[], isEntry?: boolean }>} */
const manifest = JSON.parse(read('.vite/manifest.json').toString());

const files = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  chunk.imports?.forEach(visit);
};
visit('index.html');
// Scripts outside the bundle, such as the theme's.
for (const [, src] of read('index.html')
  .toString()
  .matchAll(/<script[^>]*\ssrc="([^"]+)"/g))
  files.add(src.replace(/^\//, ''));

const sizes = [...files].map((file) => ({ file, bytes: gzipSync(read(file), { level: 9 }).length })).sort((a, b) => b.bytes - a.bytes);
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

for (const { file, bytes } of sizes) console.log(`${kB(bytes).padStart(9)}  ${file}`);
console.log(`${kB(total).padStart(9)}  script until the composer works, gzipped (budget ${kB(budgetBytes)})`);
if (total > budgetBytes) {
  console.error(`The page is ${kB(total - budgetBytes)} over its budget. Load what is not needed at first with import().`);
  process.exit(1);
}
