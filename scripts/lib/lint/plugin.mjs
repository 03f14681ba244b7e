// Rules of ours for oxlint (its plugins have ESLint's interface). The decisions are in import-rules.mjs.
import { relative, sep } from 'node:path';
import { importProblem, mayReadEnvironment } from './import-rules.mjs';

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

export default { meta: { name: 'parley' }, rules: { imports, environment } };
