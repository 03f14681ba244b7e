import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { chartFolder, chartObjects, chartValues, kustomizeBase } from './lib/deployment/chart.mjs';
import { chartSchema, configurationPage, variables } from './lib/deployment/configuration.mjs';
import { kinds } from './lib/deployment/kinds.mjs';
import { nginxSite } from './lib/deployment/nginx-site.mjs';
import { renderTemplate } from './lib/deployment/render-chart.mjs';
import { root } from './lib/paths.mjs';

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');

/** What no file of values, and no ConfigMap, may have. */
const secrets = variables()
  .map(({ name }) => name)
  .filter((name) => /(?:_API_KEY|_SECRET|_TOKEN|_PASSWORD|^(?:DATABASE|NATS|REDIS|SMTP)_URL)$/.test(name));

// What is written from the code: after a change of env.ts or of the chart, “npx vitest run --project unit scripts/deployment.test.mjs -u” writes it anew.
describe('what is written from the code is as the code has it', () => {
  test('docs/configuration.md, where every variable says what it is for', async () => {
    expect(
      variables()
        .filter(({ does }) => does === '')
        .map(({ name }) => name),
    ).toEqual([]);
    await expect(configurationPage()).toMatchFileSnapshot('../docs/configuration.md');
  });

  test('the schema of the chart’s values', async () => {
    await expect(chartSchema(secrets)).toMatchFileSnapshot('../deploy/helm/parley/values.schema.json');
  });

  test('nginx’s site', async () => {
    await expect(nginxSite()).toMatchFileSnapshot('../deploy/nginx/site.conf');
  });

  test('the base of kustomize', async () => {
    await expect(kustomizeBase()).toMatchFileSnapshot('../deploy/kubernetes/base/parley.yaml');
  });
});

describe('the chart', () => {
  const objects = chartObjects();
  const ajv = new Ajv({ strict: true, allErrors: true });
  /** @param {string} kind @param {string} name */
  const find = (kind, name) => objects.find((object) => object.kind === kind && object.metadata.name === name);

  test.each(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]))('%s is what Kubernetes takes', (_name, object) => {
    const validate = ajv.compile(kinds[object.kind]);
    expect(validate(object), JSON.stringify(validate.errors)).toBe(true);
  });

  test('a misspelt field is found', () => {
    const deployment = structuredClone(find('Deployment', 'parley-api'));
    deployment.spec.template.spec.containers[0].livenesProbe = {};
    expect(ajv.compile(kinds.Deployment)(deployment)).toBe(false);
  });

  test('its values fit their schema, which refuses variables that no process reads, and secrets', () => {
    const validate = new Ajv({ strict: false }).compile(JSON.parse(read('deploy/helm/parley/values.schema.json')));
    const values = chartValues();
    expect(validate(values), JSON.stringify(validate.errors)).toBe(true);
    for (const name of ['PUBLIC_ORIGIN', 'SESSION_SECRET', 'DATABASE_URL', 'OPENAI_API_KEY'])
      expect(validate({ ...values, env: { ...values.env, [name]: 'x' } }), name).toBe(false);
  });

  test('every variable that a manifest sets is read by a process, and every process is given what it requires', () => {
    const known = variables();
    const set = objects.flatMap((object) => [
      ...Object.keys(object.kind === 'ConfigMap' ? object.data : {}),
      ...(object.spec?.template?.spec?.containers ?? []).flatMap(({ env = [] }) => env.map(({ name }) => name)),
    ]);
    expect(set.length).toBeGreaterThan(5);
    expect(set.filter((name) => !known.some((variable) => variable.name === name))).toEqual([]);
    const required = known.filter(
      ({ fallback, by }) => fallback.split(', ').includes('required') && by.some((process) => process !== 'embedded'),
    );
    expect(required.map(({ name }) => name).toSorted()).toEqual(['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'SESSION_SECRET']);
    for (const { name } of required) expect(read('deploy/helm/parley/values.yaml')).toMatch(new RegExp(`^# A Secret .*${name}`, 'm'));
  });

  test.each([
    ['api', 'STOP_DRAIN_MS', 5_000],
    ['worker', 'WORKER_STOP_LIMIT_MS', 0],
  ])('a pod of the %s is left alone for as long as its process may take to stop', (app, variable, preStopMs) => {
    const limitMs = Number(
      variables()
        .find(({ name }) => name === variable)
        ?.fallback.match(/\d+/)?.[0],
    );
    const marginMs = Number(
      new RegExp(`limitMs: env\\.${variable} \\+ ([\\d_]+)`).exec(read(`apps/${app}/src/main.ts`))?.[1].replaceAll('_', ''),
    );
    const { terminationGracePeriodSeconds, containers } = find('Deployment', `parley-${app}`).spec.template.spec;
    expect(Number(containers[0].lifecycle?.preStop.exec.command[1] ?? 0) * 1000).toBe(preStopMs);
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(limitMs + marginMs + preStopMs);
  });

  test('what is selected is there: pods by services, budgets, autoscalers and policies, ports by their names', () => {
    const pods = objects.filter(({ spec }) => spec?.template).map(({ metadata, spec }) => ({ name: metadata.name, ...spec.template }));
    const selected = (labels) => pods.filter((pod) => Object.entries(labels).every(([key, value]) => pod.metadata.labels[key] === value));
    const ports = ({ spec }) => spec.containers.flatMap((container) => (container.ports ?? []).map(({ name }) => name));
    for (const app of ['api', 'worker']) {
      const name = `parley-${app}`;
      expect(selected(find('Deployment', name).spec.selector.matchLabels).map((pod) => pod.name)).toEqual([name]);
      expect(selected(find('PodDisruptionBudget', name).spec.selector.matchLabels).map((pod) => pod.name)).toEqual([name]);
      expect(find('HorizontalPodAutoscaler', name).spec.scaleTargetRef).toMatchObject({ kind: 'Deployment', name });
    }
    const service = find('Service', 'parley-api');
    const [api] = selected(service.spec.selector);
    expect(service.spec.ports.map(({ targetPort }) => targetPort).filter((port) => !ports(api).includes(port))).toEqual([]);
    for (const { spec } of objects.filter(({ kind }) => kind === 'NetworkPolicy')) {
      const chosen = selected(spec.podSelector.matchLabels);
      for (const rule of spec.ingress)
        for (const { port } of rule.ports)
          expect(
            chosen.some((pod) => ports(pod).includes(port)),
            port,
          ).toBe(true);
    }
    const path = find('Ingress', 'parley').spec.rules[0].http.paths[0];
    expect(path.backend.service).toEqual({ name: 'parley-api', port: { name: service.spec.ports[0].name } });
  });

  test('autoscalers read metrics that there are, by the rules that prometheus-adapter is given', () => {
    const { rules } = parse(read('deploy/kubernetes/prometheus-adapter.yaml'));
    const code = ['apps/api/src/operations/metrics.ts', 'packages/core/src/metrics/process-metrics.ts'].map(read).join('\n');
    for (const [rule, metric] of [
      [rules.custom[0], find('HorizontalPodAutoscaler', 'parley-api').spec.metrics[0].pods.metric.name],
      [rules.external[0], find('HorizontalPodAutoscaler', 'parley-worker').spec.metrics[0].external.metric.name],
    ]) {
      const series = /^(\w+)\{/.exec(rule.seriesQuery)?.[1];
      expect(code).toContain(`'${series}'`);
      expect(rule.name?.as ?? series).toBe(metric);
    }
  });

  test('parts that are switched off leave nothing, and another release has its own names', () => {
    const values = chartValues();
    values.ingress.enabled = false;
    values.networkPolicy.enabled = false;
    const made = chartObjects(values, 'other');
    expect(made.map(({ kind }) => kind)).not.toContain('Ingress');
    expect(made.map(({ kind }) => kind)).not.toContain('NetworkPolicy');
    expect(made.map(({ metadata }) => metadata.name).filter((name) => !name.startsWith('other'))).toEqual([]);
    expect(JSON.stringify(made)).not.toContain('"app.kubernetes.io/instance":"parley"');
  });

  test.each([
    ['{{ .Values.none }}', 'which values.yaml does not have'],
    ['{{ include "x" . }}', 'which is no path'],
    ['{{ .Values.a | upper }}', 'does not know'],
    ['{{ .Values }}', 'is no text'],
  ])('%s in a template is refused', (template, reason) => {
    expect(() => renderTemplate(template, { Values: { a: 'b' } })).toThrow(reason);
  });

  test('its version is that of the package', () => {
    const { version } = JSON.parse(read('package.json'));
    const chart = parse(readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8'));
    expect([chart.version, chart.appVersion, chartValues().image.tag]).toEqual([version, version, version]);
  });
});

describe('the overlay for production', () => {
  const folder = 'deploy/kubernetes/production';
  const overlay = parse(read(`${folder}/kustomization.yaml`));
  const base = parseAllDocuments(read('deploy/kubernetes/base/parley.yaml')).map((document) => document.toJS());

  test('patches what the base has, and sets variables that there are', () => {
    const known = new Set(variables().map(({ name }) => name));
    for (const { path } of overlay.patches) {
      const { kind, metadata, data = {} } = parse(read(`${folder}/${path}`));
      expect(
        base.some((object) => object.kind === kind && object.metadata.name === metadata.name),
        path,
      ).toBe(true);
      expect(Object.keys(data).filter((name) => !known.has(name) || secrets.includes(name))).toEqual([]);
    }
    const images = JSON.stringify(base)
      .match(/"image":"([^:"]+)/g)
      ?.map((match) => match.slice('"image":"'.length));
    expect(new Set(images)).toEqual(new Set(overlay.images.map(({ name }) => name)));
  });

  // Where kubectl is, it builds the very folder.
  const kubectls = ['/usr/bin/kubectl', '/usr/local/bin/kubectl', '/opt/homebrew/bin/kubectl'].filter((file) => existsSync(file));
  test.each(kubectls)('%s builds it, and what comes out is what Kubernetes takes', (kubectl) => {
    const { stdout, stderr, status } = spawnSync(kubectl, ['kustomize', join(root, folder)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const built = parseAllDocuments(stdout).map((document) => document.toJS());
    expect(built).toHaveLength(base.length);
    const ajv = new Ajv({ strict: true });
    for (const object of built) expect(ajv.validate(kinds[object.kind], object), `${object.kind}: ${ajv.errorsText()}`).toBe(true);
  });
});
