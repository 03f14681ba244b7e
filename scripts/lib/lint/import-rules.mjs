// Who may import whom: ARCHITECTURE.md says it in words, this is its table. The linter applies it through plugin.mjs.

/** What each package or app may import of ours. `types`: with `import type` alone, so that nothing of it is there at run time. */
const allowed = {
  'packages/contracts': {},
  'packages/db': { contracts: 'values' },
  'packages/bus': { contracts: 'values' },
  'packages/presence': { contracts: 'values' },
  // The root of presence is interfaces, that of bus interfaces and the call that work is for; the root of db is the client's type, SQL
  // building and error kinds.
  'packages/core': { contracts: 'values', db: 'values', bus: 'values' },
  'packages/client': { contracts: 'values', api: 'types' },
  // It stands for servers of others, so it knows nothing of ours.
  'packages/model-server': {},
  'apps/api': { core: 'values', contracts: 'values', db: 'values', bus: 'values', presence: 'types' },
  'apps/worker': { core: 'values', contracts: 'values', db: 'values', bus: 'values', presence: 'types' },
  'apps/standalone': {
    api: 'values',
    worker: 'values',
    core: 'values',
    contracts: 'values',
    db: 'values',
    bus: 'values',
    presence: 'values',
  },
  'apps/web': { client: 'values', contracts: 'values' },
};

/** What any other program in `apps/` may import of ours. */
const programs = { client: 'values', contracts: 'values', api: 'types' };

/** Adapters, which only composition roots choose. */
const adapters = new Set(['bus/memory', 'bus/nats', 'bus/otel', 'presence/memory', 'presence/redis', 'db/pglite', 'db/postgres']);

/** The direction inside core: a folder imports itself and those before it. */
const coreOrder = [
  'protocol',
  'audit',
  'holds',
  'sessions',
  'credentials',
  'keys',
  'answers',
  'access',
  'settings',
  'jobs',
  'webhooks',
  'memory',
  'prompts',
  'rooms',
  'members',
  'doors',
  'accounts',
  'characters',
  'mcp',
  'notes',
  'messages',
  'replies',
  'moderation',
  'hooks',
  'completions',
  'sync',
  'export',
  'imports',
  'metrics',
  'privacy',
  'admin',
];

/** The direction inside the API's realtime: what is in a room knows neither sockets nor the protocols that its readers speak. */
const realtimeOrder = ['room', 'sockets', 'surfaces'];

/**
 * Libraries that belong to one part. `outside`: files of that part that may not use them. `types`: other parts that may use their types.
 */
const libraries = [
  {
    // The parts of tRPC's client links are in the server's package, but they are no server.
    matches: (name) => /^@trpc\/server(\/|$)/.test(name) && name !== '@trpc/server/observable',
    home: ['apps/api'],
    outside: /^apps\/api\/src\/realtime\/(room|sockets)\//,
    types: ['packages/client', 'apps/web'],
    rule: 'tRPC’s server belongs to apps/api, where realtime/room and realtime/sockets do without; packages/client and apps/web may import its types',
  },
  {
    matches: (name) =>
      /^(ai|openai|@ai-sdk\/.+|@anthropic-ai\/.+|@google\/gen.+|@openrouter\/.+)$/.test(name) || /^(ai|openai)\//.test(name),
    home: ['apps/worker'],
    types: [],
    rule: 'model SDKs belong to apps/worker',
  },
  {
    matches: (name) => name.startsWith('@modelcontextprotocol/'),
    home: ['apps/api', 'apps/worker', 'tests'],
    outside: /^apps\/(?:api\/src\/(?!realtime\/surfaces\/mcp\/)|worker\/src\/(?!mcp\/|.*\.(?:test|contract|fixture)\.ts$))/,
    types: [],
    rule: 'MCP’s SDK belongs to apps/api/src/realtime/surfaces/mcp and apps/worker/src/mcp, which load it when it is first asked',
  },
  {
    matches: (name) => /^(nats|nats\.ws|@nats-io\/.+)$/.test(name),
    home: ['packages/bus', 'tests'],
    types: [],
    rule: 'NATS belongs to packages/bus',
  },
  {
    matches: (name) => name.startsWith('@opentelemetry/'),
    home: ['packages/bus'],
    outside: /^packages\/bus\/src\/(?!otel-tracer\.ts$)/,
    types: [],
    rule: 'OpenTelemetry belongs to packages/bus/src/otel-tracer.ts, which is loaded where traces are recorded; others use the interface Tracer',
  },
  {
    matches: (name) => /^(redis|ioredis|@redis\/.+)(\/|$)/.test(name) || name === 'rate-limiter-flexible',
    home: ['packages/presence', 'tests'],
    types: [],
    rule: 'Redis belongs to packages/presence',
  },
];

/**
 * Says what is wrong with an import, or null when it is allowed.
 *
 * @param {{ file: string, specifier: string, typeOnly: boolean }} use `file`: path of the importing file from the repository's root, with `/`
 * @returns {string | null}
 */
export function importProblem({ file, specifier, typeOnly }) {
  const part = partOf(file);
  if (part === null) return null;
  if (specifier.startsWith('.')) return relativeProblem(file, part, specifier);
  if (specifier.startsWith('@parley/')) return workspaceProblem(file, part, specifier, typeOnly);
  return libraryProblem(file, part, specifier, typeOnly);
}

/** @returns {string | null} such as `packages/core`; null for what has no rules: scripts, benchmarks, configuration of the root */
function partOf(file) {
  const [top, name] = file.split('/');
  if (top === 'packages' || top === 'apps') return `${top}/${name}`;
  return top === 'tests' ? 'tests' : null;
}

/**
 * Tests, and what only tests import: fixtures, contract suites, test worlds.
 *
 * @param {string} file
 */
function isTestFile(file) {
  return (
    /\.(test|contract|fixture)\.tsx?$/.test(file) ||
    /\/(testing|test|test-support|fixtures)\//.test(file) ||
    /\/testing(-[\w-]+)?\.ts$/.test(file) ||
    file.startsWith('tests/')
  );
}

function workspaceProblem(file, part, specifier, typeOnly) {
  const [, name, ...rest] = specifier.split('/');
  const subpath = rest.join('/');
  if (part === 'tests') return null;
  if (part.endsWith(`/${name}`)) return `imports itself by name: use a relative path`;
  if (adapters.has(`${name}/${subpath}`)) {
    return isCompositionRoot(file) || isTestFile(file)
      ? null
      : `concrete adapters appear only in main.ts, in apps/standalone and in tests; use the interface of @parley/${name}`;
  }
  if (name === 'core' && /-statements?$/.test(subpath)) return `${specifier} is a part of core's own statements: call a use case`;
  if (subpath === 'testing' || name === 'model-server') return isTestFile(file) ? null : `${specifier} is for tests`;
  const mayImport = allowed[part] ?? (part.startsWith('apps/') ? programs : {});
  const rule = mayImport[name];
  if (rule === undefined) return `${part} must not import @parley/${name}; it may import ${listOf(mayImport)}`;
  // A test may run code of which its package may use the types only.
  if (rule === 'types' && !typeOnly && !isTestFile(file)) return `${part} knows only the types of @parley/${name}: use \`import type\``;
  return null;
}

/** Where adapters are chosen. The admin command of the API is a program of its own. */
function isCompositionRoot(file) {
  return (
    /^apps\/[^/]+\/src\/(main|admin|backup|restore|move|migrate|import|keeping\/operator-bus)\.ts$/.test(file) ||
    file.startsWith('apps/standalone/src/')
  );
}

function listOf(rules) {
  const names = Object.keys(rules).map((name) => `@parley/${name}`);
  return names.length === 0 ? 'nothing of ours' : names.join(', ');
}

function relativeProblem(file, part, specifier) {
  const target = resolvePath(file, specifier);
  const inside = target === part || target.startsWith(`${part}/`);
  // Tests share some code that is no package: what starts servers, which scripts use too.
  const shared = isTestFile(file) && (target.startsWith('tests/') || target.startsWith('scripts/lib/'));
  if (!inside && !shared) return `reaches out of ${part} by path: import the package by its name`;
  if (part === 'packages/core') return coreProblem(file, target);
  if (part === 'apps/api') return realtimeProblem(file, target);
  if (part === 'apps/web') return featureProblem(file, target);
  return null;
}

/** Files at the top of core are below every feature. */
function coreProblem(file, target) {
  if (isTestFile(file)) return null;
  if (isTestFile(target)) return 'imports test code';
  const from = coreRank(file);
  const to = coreRank(target);
  return to <= from ? null : `core has one direction, ${coreOrder.join(' < ')}: ${nameInCore(file)} must not import ${nameInCore(target)}`;
}

function coreRank(path) {
  return coreOrder.indexOf(nameInCore(path));
}

/** The feature's folder, or the file at the top. */
function nameInCore(path) {
  return path.split('/')[3] ?? 'index';
}

/** Tests may compose all three. */
function realtimeProblem(file, target) {
  if (isTestFile(file)) return null;
  const from = realtimeRank(file);
  const to = realtimeRank(target);
  return from === null || to === null || to <= from
    ? null
    : `realtime has one direction, ${realtimeOrder.join(' < ')}: ${realtimeOrder[from]} must not import ${realtimeOrder[to]}`;
}

function realtimeRank(path) {
  const rank = realtimeOrder.indexOf(/^apps\/api\/src\/realtime\/([^/]+)/.exec(path)?.[1] ?? '');
  return rank === -1 ? null : rank;
}

function featureProblem(file, target) {
  const from = webFeature(file);
  const to = webFeature(target);
  return from === null || to === null || from === to
    ? null
    : `web features never import each other (${from} → ${to}): compose them in a route`;
}

function webFeature(path) {
  return /^apps\/web\/src\/features\/([^/]+)/.exec(path)?.[1] ?? null;
}

function libraryProblem(file, part, specifier, typeOnly) {
  const library = libraries.find((candidate) => candidate.matches(specifier));
  if (!library) return null;
  if (library.outside?.test(file)) return library.rule;
  if (library.home.includes(part)) return null;
  if (part === 'tests') return null;
  return typeOnly && library.types.includes(part) ? null : library.rule;
}

/** Resolves `./` and `../` in terms of paths alone. */
function resolvePath(file, specifier) {
  const segments = file.split('/').slice(0, -1);
  for (const segment of specifier.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  return segments.join('/');
}

/**
 * Whether a file may read `process.env`: each app's env.ts, tests, configuration of tools, scripts.
 *
 * @param {string} file path from the repository's root
 */
export function mayReadEnvironment(file) {
  return (
    partOf(file) === null ||
    /^apps\/[^/]+\/src\/env\.ts$/.test(file) ||
    isTestFile(file) ||
    /\.config\.[mc]?[jt]s$/.test(file) ||
    /^(packages|apps)\/[^/]+\/scripts\//.test(file)
  );
}
