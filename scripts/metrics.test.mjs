import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { root } from './lib/paths.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');

function sourcesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', 'dist', 'bundle'].includes(entry.name) ? [] : sourcesBelow(path);
    return entry.name.endsWith('.ts') && !/\.(test|contract|fixture|d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** The names of all metrics that the processes register. */
const metrics = new Set(
  ['apps/api/src', 'apps/worker/src', 'packages/core/src'].flatMap((folder) =>
    sourcesBelow(folder).flatMap((path) => {
      const source = read(path);
      return source.includes("from 'prom-client'") ? Array.from(source.matchAll(/'(parley_[a-z_]+)'/g), ([, name]) => name) : [];
    }),
  ),
);
/** What Prometheus and Node's own metrics have. */
const others = new Set(['up', 'process_resident_memory_bytes', 'process_cpu_seconds_total']);

/** The metrics that an expression names. */
function namedIn(expression) {
  const names = expression.match(/\b(?:parley|process|nodejs)_[a-z_]+|\bup\b/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
}

const rules = parse(read('deploy/prometheus/parley-alerts.yml')).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('deploy/grafana/parley.json'));
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

test('docs/metrics.md has every metric, and no other', () => {
  const documented = Array.from(read('docs/metrics.md').matchAll(/^\| `(parley_[a-z_]+)` \|/gm), ([, name]) => name);
  expect(metrics.size).toBeGreaterThan(25);
  expect(documented.sort()).toEqual([...metrics].sort());
});

test('alerts and dashboard name metrics that there are', () => {
  const named = [...rules.map(({ expr }) => expr), ...queries].flatMap(namedIn);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !metrics.has(name) && !others.has(name))).toEqual([]);
});

test('the dashboard shows every metric', () => {
  const shown = new Set(queries.flatMap(namedIn));
  expect([...metrics].filter((name) => !shown.has(name))).toEqual([]);
});

test('each alert has a paragraph in docs/runbook.md, which it names, and the runbook has no other', () => {
  const sections = read('docs/runbook.md').split(/^### /m).slice(1);
  expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(rules.map(({ alert }) => alert));
  for (const section of sections) expect(section.split('\n').slice(1).join(' ').trim().length).toBeGreaterThan(100);
  for (const { alert, annotations } of rules) expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
});

test('the runbook speaks of panels that the dashboard has', () => {
  const titles = dashboard.panels.map(({ title }) => title);
  const named = Array.from(read('docs/runbook.md').matchAll(/\*([A-Z][^*]+)\*/g), ([, title]) => title);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((title) => !titles.includes(title))).toEqual([]);
});

test('close codes that alerts name are those that they mean', () => {
  const codes = Array.from(
    rules.flatMap(({ expr }) => [...expr.matchAll(/sockets_closed_total\{code="(\d+)"/g)]),
    ([, code]) => code,
  );
  const slow = /SLOW_READER: (\d+)/.exec(read('packages/contracts/src/close-codes.ts'))[1];
  expect(codes).toEqual([slow]);
});
