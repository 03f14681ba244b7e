import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plainReact, withoutUnused } from '../apps/web/scripts/plain-react.ts';
import { root } from './lib/paths.mjs';

const require = createRequire(import.meta.url);
const whole = readFileSync(join(root, 'node_modules/react-dom/cjs/react-dom-client.production.js'), 'utf8');

/** What the plugin makes of a text: its code, or the sentence with which it fails the build. */
function build(code) {
  const failing = {
    error(message) {
      throw new Error(message);
    },
  };
  return plainReact().transform.handler.call(failing, code).code;
}

/** What a module of Node's older kind exports. */
function load(code) {
  const exports = {};
  new Function('exports', 'require', code)(exports, require);
  return exports;
}

test('React DOM is smaller by what the page never asks for, and makes roots as before', () => {
  const plain = build(whole);
  expect(Object.keys(load(whole)).sort()).toEqual(['createRoot', 'hydrateRoot', 'version']);
  expect(Object.keys(load(plain)).sort()).toEqual(['createRoot', 'version']);
  expect(() => load(plain).createRoot(null)).toThrow('#299');
});

test('a React in which a name is missing fails the build, and is told', () => {
  expect(() => build(whole.replaceAll('isHydrating', 'takesOver'))).toThrow('React DOM has no isHydrating; look at plain-react.ts');
  expect(() => build(whole.replaceAll('case 31:', 'case 32:').replaceAll('31 ===', '32 ==='))).toThrow('React DOM has no 31;');
});

/** What a function with this body, told of a kind of fiber, gives once it was cut. */
const cut = (body, tag) => new Function('fiber', withoutUnused(body).text)({ tag });

test('a case that another one goes on into keeps its body, and variables that others use stay declared', () => {
  const body = `'use strict';
    switch (fiber.tag) {
      case 31: var other = 'activity'; return other;
      case 13:
      case 19: var name = 'suspense'; break;
      case 5: name = 'host'; other = name;
      case 30: other = other + '!'; return other;
      default: name = 30 === fiber.tag ? 'transition' : 'else';
    }
    return name;`;
  expect([13, 5, 3].map((tag) => cut(body, tag))).toEqual(['suspense', 'host!', 'else']);
  expect([19, 30].map((tag) => cut(body, tag))).toEqual(['else', 'else']);
});

test('a name that a function uses for something of its own stays', () => {
  const body = `function set(isHydrating) { return isHydrating ? 'own' : 'none'; }
    return set(true) + isHydrating;`;
  expect(cut(body, 5)).toBe('ownfalse');
});
