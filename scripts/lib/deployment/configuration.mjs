import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiEnvSchema } from '../../../apps/api/src/env.js';
import { standaloneEnvSchema } from '../../../apps/standalone/src/env.js';
import { workerProcessSchema } from '../../../apps/worker/src/env.js';
import { root } from '../paths.mjs';

/** Which process reads what, by the schemas that they start with. */
const processes = {
  API: apiEnvSchema.shape,
  worker: workerProcessSchema.shape,
  embedded: standaloneEnvSchema.shape,
};

/** Where variables are declared, each with what it is for. */
const sources = [
  ...['packages/contracts/src/env-fields.ts', 'apps/api/src/env.ts', 'apps/worker/src/env.ts', 'apps/standalone/src/env.ts'],
];

/**
 * Every variable that a process reads, as `env.ts` declares it.
 *
 * @returns {{ name: string, by: string[], expected: string, fallback: string, does: string }[]}
 */
export function variables() {
  const said = whatTheyDo();
  const names = [...new Set(Object.values(processes).flatMap((shape) => Object.keys(shape)))].toSorted();
  return names.map((name) => {
    const by = Object.keys(processes).filter((process) => name in processes[process]);
    const schema = processes[by[0]][name];
    return {
      name,
      by,
      expected: schema.description ?? 'true or false',
      fallback: fallbackOf(by.map((process) => processes[process][name])),
      does: said.get(name) ?? '',
    };
  });
}

/** What holds without the variable, in each process that differs. */
function fallbackOf(schemas) {
  const all = schemas.map((schema) => {
    const read = schema.safeParse(undefined);
    if (!read.success) return 'required';
    const value = read.data;
    if (value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) return 'none';
    // What a variable is read into may be larger than what one would write.
    return typeof value === 'object' ? 'see there' : `\`${value}\``;
  });
  return [...new Set(all)].join(', ');
}

/** What each is for: the comment above it, or what the README's table says of it. */
function whatTheyDo() {
  const said = new Map();
  for (const [, cells, text] of readFileSync(join(root, 'README.md'), 'utf8').matchAll(
    /^\| ((?:`[A-Z][A-Z0-9_]+`(?:, )?)+) \|[^|]*\| (.*) \|$/gm,
  ))
    for (const [, name] of cells.matchAll(/`([A-Z0-9_]+)`/g)) said.set(name, text);
  for (const file of sources) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, comment, name] of text.matchAll(/^ *\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2}'?([A-Z][A-Z0-9_]+\*?)'?[:,]/gm)) {
      const words = comment
        .replace(/^\s*\*/gm, '')
        .replace(/\{@link (\w+)\}/g, '`$1`')
        .replace(/@default.*$/gm, '');
      said.set(name, words.replace(/\s+/g, ' ').trim());
    }
  }
  return said;
}

/** docs/configuration.md. @returns {string} */
export function configurationPage() {
  const rows = variables().map(
    ({ name, by, expected, fallback, does }) =>
      `| \`${name}\` | ${by.join(', ')} | ${cell(expected)} | ${fallback} | ${cell(forDocs(does))} |`,
  );
  return `# Configuration

Every variable that a process reads, as its \`env.ts\` declares it: this page is written from the code, by \`scripts/deployment.test.mjs\`, which
also holds it there. [README](../README.md#configuration) has those that most operators set, in an order to read.

A variable that is empty is as if unset. A bad value ends the start with code 1 and a line that names it and says what was expected. A variable
that only looks like one of these is named in the log. Whatever else an admin may set without a restart is in the page's settings.

Which processes read it: \`API\` and \`worker\` are those of the distributed shape, \`embedded\` is what \`npm start\` runs.

| variable | read by | takes | without it | what it is for |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** Links of the README are meant from the root. */
function forDocs(text) {
  return text.replace(/\]\(docs\//g, '](').replace(/\]\(#/g, '](../README.md#');
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}

/** deploy/helm/parley/values.schema.json: Helm refuses a variable that no process reads, and secrets among the values. @returns {string} */
export function chartSchema(secrets) {
  const count = { type: 'integer', minimum: 1 };
  const text = { type: 'string', minLength: 1 };
  const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false });
  const resources = object({ requests: { type: 'object' }, limits: { type: 'object' } });
  const part = { minReplicas: count, maxReplicas: count, cpuPercent: count, gracePeriodSeconds: count, resources };
  const open = variables().filter(({ name }) => !secrets.includes(name));
  const [named, families] = [false, true].map((family) => open.filter(({ name }) => name.endsWith('*') === family));
  return `${JSON.stringify(
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      description: 'Written from env.ts by scripts/deployment.test.mjs.',
      type: 'object',
      properties: {
        image: object({ repository: text, tag: text, pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] } }),
        pullSecrets: { type: 'array', items: object({ name: text }) },
        existingSecret: text,
        env: {
          type: 'object',
          properties: Object.fromEntries(named.map(({ name, expected }) => [name, { type: 'string', description: expected }])),
          patternProperties: Object.fromEntries(families.map(({ name }) => [`^${name.slice(0, -1)}[A-Z0-9_]+$`, { type: 'string' }])),
          required: ['METRICS_PORT', 'WORKER_PORT'],
          additionalProperties: false,
        },
        api: object({ ...part, socketsPerReplica: text }),
        worker: object({ ...part, jobsWaitingPerReplica: text }),
        ingress: object({
          enabled: { type: 'boolean' },
          className: text,
          host: text,
          tlsSecret: text,
          annotations: { type: 'object', additionalProperties: { type: 'string' } },
        }),
        networkPolicy: object({
          enabled: { type: 'boolean' },
          ingressNamespace: text,
          monitoringNamespace: text,
          servers: { type: 'array', items: text },
        }),
        global: { type: 'object' },
      },
      additionalProperties: false,
    },
    null,
    2,
  )}\n`;
}
