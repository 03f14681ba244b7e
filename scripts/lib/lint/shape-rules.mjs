// The shape of core's functions: dependencies first and no more than are used, then what is authorised, then the input. The linter
// applies it through plugin.mjs.

const all = ['db', 'bus', 'log'];

/** Whether the rule for shapes holds for a file: all of core but its tests. */
export function hasShapeRules(file) {
  return file.startsWith('packages/core/src/') && !/(\.(test|contract)|\/testing(-[\w-]+)?)\.ts$|\/testing\//.test(file);
}

/**
 * Says what is wrong with a function that is given dependencies.
 *
 * @param {object} fn node of a function, as ESTree has it
 * @returns {{ node: object, message: string }[]}
 */
export function shapeProblems(fn) {
  const problems = [];
  const place = fn.params.findIndex((param) => givenKeys(param) !== null);
  if (place === -1 || !fn.body) return [];
  const deps = fn.params[place];
  if (place > 0) problems.push({ node: deps, message: 'dependencies come first: (deps, what is authorised, input)' });
  for (const param of fn.params) {
    if (typeName(param) === 'RoomAccess') {
      problems.push({
        node: param,
        message: 'a use case is given what RoomAccess authorised; where it must ask itself, RoomAccess is a dependency',
      });
    }
  }
  const used = usedKeys(deps, fn.body);
  const spare = used && givenKeys(deps).filter((key) => !used.has(key));
  if (spare?.length) problems.push({ node: deps, message: `does not use ${spare.join(', ')}: narrow it, with Pick<CoreDeps, …>` });
  return problems;
}

/**
 * Says what is wrong with a mention of `CoreDeps`. Only the type of a parameter or a field may name it: whole, by `Pick`, or as a part of
 * an intersection. Under a second name (an interface, an alias) or behind `Omit`, {@link shapeProblems} could not see what a function is
 * given.
 *
 * @param {object} name the identifier
 * @returns {string | null}
 */
export function mentionProblem(name) {
  if (name.name !== 'CoreDeps') return null;
  const { parent } = name;
  if (parent.type === 'ImportSpecifier' || parent.type === 'ExportSpecifier') {
    const second = parent.type === 'ImportSpecifier' ? parent.local : parent.exported;
    return second.name === name.name ? null : hidden;
  }
  if (parent.type === 'TSInterfaceDeclaration') return null;
  if (parent.type !== 'TSTypeReference') return hidden;
  let node = parent;
  const picked = node.parent.parent;
  if (picked.type === 'TSTypeReference' && picked.typeName.name === 'Pick' && argumentsOf(picked)[0] === node) node = picked;
  while (node.parent.type === 'TSIntersectionType') node = node.parent;
  const typed = node.parent.type === 'TSTypeAnnotation' ? node.parent.parent : null;
  const isField = typed?.type === 'PropertyDefinition';
  return isField || typed?.parent.params?.includes(typed) ? null : hidden;
}

const hidden =
  'CoreDeps is named only in the type of a parameter or a field, whole or in Pick<CoreDeps, …>, with & { … } for more; elsewhere it hides what is used';

function annotationOf(param) {
  const target = param.type === 'AssignmentPattern' ? param.left : param;
  return target.typeAnnotation?.typeAnnotation;
}

function typeName(param) {
  const annotation = annotationOf(param);
  return annotation?.type === 'TSTypeReference' ? annotation.typeName.name : undefined;
}

/** The keys of the dependencies that a parameter is typed with: of CoreDeps, and beside it. Null for any other parameter. */
function givenKeys(param) {
  const annotation = annotationOf(param);
  const parts = annotation?.type === 'TSIntersectionType' ? annotation.types : [annotation];
  const keys = parts.map(coreKeys);
  if (keys.every((of) => of === null)) return null;
  return parts.flatMap((part, place) => keys[place] ?? literalKeys(part));
}

/** The keys of `CoreDeps` and `Pick<CoreDeps, …>`; null for any other type. */
function coreKeys(type) {
  if (type?.type !== 'TSTypeReference') return null;
  if (type.typeName.name === 'CoreDeps') return all;
  const [of, keys] = argumentsOf(type);
  if (type.typeName.name !== 'Pick' || of?.typeName?.name !== 'CoreDeps') return null;
  return (keys.type === 'TSUnionType' ? keys.types : [keys]).map(({ literal }) => literal?.value ?? 'keys of another name');
}

/** The keys of `{ … }`; none of a type with a name, which is not seen through. */
function literalKeys(type) {
  return type.type === 'TSTypeLiteral' ? type.members.map(({ key }) => key?.name) : [];
}

function argumentsOf(reference) {
  return (reference.typeArguments ?? reference.typeParameters)?.params ?? [];
}

/** The keys that a function takes from its dependencies; null if it hands them on whole, to a function that is checked itself. */
function usedKeys(param, body) {
  if (param.type === 'ObjectPattern') return keysOf(param);
  const used = new Set();
  let handedOn = false;
  walk(body, null, (node, parent) => {
    if (node.type !== 'Identifier' || node.name !== param.name) return;
    if (parent.type === 'MemberExpression') {
      if (parent.object === node) used.add(parent.property.name);
    } else if (parent.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'ObjectPattern') {
      for (const key of keysOf(parent.id)) used.add(key);
    } else if (!(parent.type === 'Property' && parent.key === node && !parent.shorthand)) {
      handedOn = true;
    }
  });
  return handedOn ? null : used;
}

function keysOf(pattern) {
  return new Set(pattern.properties.map(({ key }) => key?.name));
}

function walk(node, parent, visit) {
  visit(node, parent);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'parent') continue;
    for (const child of Array.isArray(value) ? value : [value]) if (typeof child?.type === 'string') walk(child, node, visit);
  }
}
