// Rules of ours for oxlint (its plugins have ESLint's interface). The decisions are in the *-rules.mjs beside it.
import { relative, sep } from 'node:path';
import { importProblem, mayReadEnvironment } from './import-rules.mjs';
import { hasShapeRules, mentionProblem, shapeProblems } from './shape-rules.mjs';
import { hasTableRules, tableProblems } from './table-rules.mjs';

/** The path of the file being linted from the root, which is where oxlint is started. */
function pathOf(context) {
  return relative(context.cwd, context.filename).split(sep).join('/');
}

const imports = {
  meta: { type: 'problem', docs: { description: 'Who may import whom (ARCHITECTURE.md).' } },
  create(context) {
    const file = pathOf(context);
    const check = (node, source, typeOnly) => {
      if (typeof source?.value !== 'string') return;
      const problem = importProblem({ file, specifier: source.value, typeOnly });
      if (problem) context.report({ node, message: `${source.value}: ${problem}.` });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal ?? node.argument, true),
    };
  },
};

const environment = {
  meta: { type: 'problem', docs: { description: 'process.env is read only in an app’s env.ts.' } },
  create(context) {
    if (mayReadEnvironment(pathOf(context))) return {};
    const report = (node) =>
      context.report({
        node,
        message: 'process.env is read only in each app’s env.ts, parsed and named there; take the value as an argument.',
      });
    return {
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (name === 'env' && isProcess(node.object)) report(node);
      },
      VariableDeclarator(node) {
        if (node.id.type !== 'ObjectPattern' || !node.init || !isProcess(node.init)) return;
        if (node.id.properties.some((property) => property.key?.name === 'env')) report(node);
      },
      ImportDeclaration(node) {
        if (!/^(node:)?process$/.test(node.source.value)) return;
        const named = node.specifiers.find((specifier) => specifier.imported?.name === 'env');
        if (named) report(named);
      },
    };
  },
};

/** `process`, `globalThis.process`. */
function isProcess(node) {
  if (node.type === 'Identifier') return node.name === 'process';
  return node.type === 'MemberExpression' && node.object.name === 'globalThis' && node.property.name === 'process';
}

const modelWrites = /^(create|update|upsert|delete)(Many)?(AndReturn)?$/;

const tables = {
  meta: { type: 'problem', docs: { description: 'Each table is written from one folder of core, by SQL (ARCHITECTURE.md).' } },
  create(context) {
    const file = pathOf(context);
    if (!hasTableRules(file)) return {};
    const check = (node, sql) => {
      for (const problem of tableProblems(file, sql)) context.report({ node, message: `${problem}.` });
    };
    return {
      TaggedTemplateExpression(node) {
        if (isPrisma(node.tag, 'sql')) for (const part of node.quasi.quasis) check(node, part.value.raw);
      },
      CallExpression(node) {
        const [argument] = node.arguments;
        if (isPrisma(node.callee, 'raw')) {
          if (argument?.type === 'Literal') check(node, String(argument.value));
          if (argument?.type === 'TemplateLiteral') for (const part of argument.quasis) check(node, part.value.raw);
        }
        const method = node.callee.type === 'MemberExpression' ? node.callee : null;
        if (method && modelWrites.test(method.property.name ?? '') && isModel(method.object)) {
          context.report({ node, message: 'core writes by SQL, one statement a write: no method of a model writes.' });
        }
      },
    };
  },
};

/** `Prisma.sql`, `Prisma.raw`. */
function isPrisma(node, name) {
  return node.type === 'MemberExpression' && node.object.name === 'Prisma' && node.property.name === name;
}

/** `db.message`, `deps.db.message`. */
function isModel(node) {
  if (node.type !== 'MemberExpression') return false;
  return node.object.name === 'db' || (node.object.type === 'MemberExpression' && node.object.property.name === 'db');
}

const shape = {
  meta: {
    type: 'problem',
    docs: { description: 'Core’s functions take (deps, what is authorised, input), and no deps that they do not use.' },
  },
  create(context) {
    const file = pathOf(context);
    if (!hasShapeRules(file)) return {};
    const check = (fn) => {
      for (const { node, message } of shapeProblems(fn)) context.report({ node, message: `${message}.` });
    };
    const checkMention = (node) => {
      const problem = mentionProblem(node);
      if (problem) context.report({ node, message: `${problem}.` });
    };
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check, Identifier: checkMention };
  },
};

const roles = new Set(['owner', 'moderator', 'member', 'admin']);

const rights = {
  meta: { type: 'problem', docs: { description: 'Who may do what is decided by the table of operations.' } },
  create(context) {
    if (!/^(apps\/(api|web)|packages\/client)\/src\/(?!.*(\.test|\.contract|testing)[./])/.test(pathOf(context))) return {};
    return {
      BinaryExpression(node) {
        if (!/^[!=]==?$/.test(node.operator)) return;
        if (![node.left, node.right].some(isRole) || ![node.left, node.right].some((side) => roles.has(side.value))) return;
        context.report({ node, message: 'Roles are compared in contracts/operations alone: ask decide() or may() about the operation.' });
      },
    };
  },
};

/** `role`, `member.role`, `mine?.role`. */
function isRole(node) {
  if (node.type === 'ChainExpression') return isRole(node.expression);
  return node.type === 'Identifier' ? node.name === 'role' : node.type === 'MemberExpression' && node.property.name === 'role';
}

export default { meta: { name: 'parley' }, rules: { imports, environment, tables, shape, rights } };
