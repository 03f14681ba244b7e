import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

test('Prometheus’s own checker takes the alerts, and the configuration that scrapes a cluster', () => {
  const promtool = process.env['PROMTOOL_PATH'];
  if (!promtool) throw new Error('promtool is not here: apt-get install prometheus, or brew install prometheus');
  const check = (...args: string[]) => execFileSync(promtool, ['check', ...args], { cwd: folder, encoding: 'utf8' });
  expect(check('rules', 'parley-alerts.yml')).toMatch(/SUCCESS: 1\d rules found/);
  expect(check('config', '--syntax-only', 'prometheus.yml')).toContain('SUCCESS: prometheus.yml is valid');
});
