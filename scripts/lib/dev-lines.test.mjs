import { expect, test } from 'vitest';
import { createDevLines } from './dev-lines.mjs';

/** What is shown of these lines, each after the name of its program. */
function shown(...lines) {
  const said = [];
  const take = createDevLines((line) => said.push(line));
  for (const [program, line] of lines) take(program, line);
  return said;
}

const ready = ['server', '{"level":30,"url":"http://127.0.0.1:3000","registration":"open","msg":"ready"}'];
const server = ['server', 'Parley is at http://127.0.0.1:3000'];
const page = ['page', '  \u001b[32m➜\u001b[39m  \u001b[1mLocal\u001b[22m:   \u001b[36mhttp://localhost:5173/\u001b[39m'];
const one = 'Parley is at http://localhost:5173';

test('one address is named, that of the page, once the server is there too', () => {
  const network = ['page', '  ➜  Network: use --host to expose'];
  const readyShown = 'server  {"level":30,"registration":"open","msg":"ready"}';
  expect(shown(page, network, ready, server)).toEqual([readyShown, one]);
  expect(shown(ready, server, network, page)).toEqual([readyShown, one]);
  expect(shown(page)).toEqual([]);
  expect(shown(server)).toEqual([]);
});

test('it is named again when the server has started anew', () => {
  expect(shown(page, server, ['server', 'Restarting'], server)).toEqual([one, 'server  Restarting', one]);
});

test('a link of the server leads to the page', () => {
  const link = ['server', 'Make the first account, an admin, at http://127.0.0.1:3000/sign-in#abc (good once, for a day)'];
  const linkShown = 'server  Make the first account, an admin, at http://localhost:5173/sign-in#abc (good once, for a day)';
  expect(shown(page, server, link)).toEqual([one, linkShown]);
  expect(shown(server, link, page)).toEqual([one, linkShown]);
});

test('everything else is shown, but for empty lines', () => {
  expect(shown(['types', 'Found 0 errors.'], ['types', ''], ['page', '[vite] hmr update'], ['server', 'Could not start: no'])).toEqual([
    'types   Found 0 errors.',
    'page    [vite] hmr update',
    'server  Could not start: no',
  ]);
});
