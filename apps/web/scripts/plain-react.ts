import { parseSync, type Plugin } from 'vite';

/** Kinds of fibers (React's `WorkTag`) that no element of the page asks for: a piece of HTML from a server, SuspenseList, Scope, ViewTransition, Activity. */
const neverMade = new Set([18, 19, 21, 30, 31]);

/** The elements that would ask for them. Without their case React refuses such an element by its error 130. */
const neverUsed = new Set(['REACT_SUSPENSE_LIST_TYPE', 'REACT_VIEW_TRANSITION_TYPE', 'REACT_ACTIVITY_TYPE']);

/** Hooks of forms with actions. Without them React refuses the call: the hook is not a function. */
const neverCalled = new Set(['useActionState', 'useFormState', 'useHostTransitionStatus', 'useOptimistic']);

/** Variables that only hydration or a view transition sets, with the value they begin with and so keep. */
const constants = new Map([
  ['isHydrating', 'false'],
  ['hydrationParentFiber', 'null'],
  ['hydrationErrors', 'null'],
  ['nextHydratableInstance', 'null'],
  ['shouldStartViewTransition', 'false'],
  ['pendingViewTransition', 'null'],
  ['pendingViewTransitionEvents', 'null'],
  ['appearingViewTransitions', 'null'],
  ['viewTransitionCancelableChildren', 'null'],
  ['rootViewTransitionNameCanceled', 'false'],
]);

/** Properties that say whether something is still a server's HTML. */
const properties = new Map([
  ['dehydrated', 'null'],
  ['isDehydrated', 'false'],
]);

/** Functions that walk through the tree for nothing, or are reached only from what was left out but named elsewhere too. */
const idle = new Set([
  'trackEnterViewTransitions',
  'commitEnterViewTransitions',
  'commitExitViewTransitions',
  'commitNestedViewTransitions',
  'commitDeletedPairViewTransitions',
  'measureNestedViewTransitions',
  'restoreNestedViewTransitions',
  'restoreEnterOrExitViewTransitions',
  'restoreViewTransitionOnHostInstances',
  'commitAfterMutationEffectsOnFiber',
  'recursivelyTraverseAfterMutationEffects',
  'updateDehydratedSuspenseComponent',
  'commitSuspenseHydrationCallbacks',
]);

/** Making an object of these kinds fails: the reference to a Fragment, and a part of what a view transition shows. */
const classes = new Set(['FragmentInstance', 'ViewTransitionPseudoElement']);

/**
 * React DOM without what the page has no use for: taking over a server's HTML, view transitions, activities, lists of suspense, references to
 * fragments, and the hooks of forms with actions. Whoever begins to use one of them gets React's own error, or the one below, at once.
 * Its lines are left out by what they are about, never by where they stand. A React in which a name is missing fails the build.
 */
export function plainReact(): Plugin {
  return {
    name: 'parley:plain-react',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/react-dom\/cjs\/react-dom-client\.production\.js$/ },
      handler(code) {
        const { text, missing } = withoutUnused(code);
        if (missing.length > 0) this.error(`React DOM has no ${missing.join(', ')}; look at plain-react.ts`);
        return { code: text, map: null };
      },
    },
  };
}

interface Node {
  type: string;
  start: number;
  end: number;
  [property: string]: unknown;
}

/** The code, and of what is to be left out what it does not have. */
export function withoutUnused(code: string): { text: string; missing: string[] } {
  const missing = new Set<string>([
    ...[...neverMade].map(String),
    ...[neverUsed, neverCalled, idle, classes].flatMap((names) => [...names]),
    ...[constants, properties].flatMap((values) => [...values.keys()]),
    'hydrateRoot',
  ]);
  const edits: { start: number; end: number; text: string }[] = [];
  const put = ({ start, end }: Pick<Node, 'start' | 'end'>, text: string, name?: string) => {
    edits.push({ start, end, text });
    if (name !== undefined) missing.delete(name);
  };

  /** @param hidden names that a function around the node uses for something else */
  const visit = (node: unknown, hidden: ReadonlySet<string>): void => {
    if (Array.isArray(node)) for (const each of node) visit(each, hidden);
    if (!isNode(node)) return;
    if (leaveOut(node, hidden)) return;
    for (const [name, value] of Object.entries(node)) if (name !== 'type') visit(value, hidden);
  };

  /** @returns true if nothing below the node is left to look at */
  const leaveOut = (node: Node, hidden: ReadonlySet<string>): boolean => {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression': {
        const name = nameOf(node['id']);
        if (idle.has(name) || classes.has(name)) {
          put(
            node['body'] as Node,
            idle.has(name) ? '{}' : `{ throw Error('${name} is left out of the build; see plain-react.ts'); }`,
            name,
          );
        } else {
          const params = (node['params'] as Node[]).map(nameOf);
          visit(node['body'], new Set([...hidden, ...params]));
        }
        return true;
      }
      case 'ExpressionStatement': {
        const [owner, name] = assigned(node);
        if (owner === 'exports' && name === 'hydrateRoot') put(node, '', name);
        else if (!owner.endsWith('.prototype') || !classes.has(owner.replace('.prototype', ''))) return false;
        else put(node, '');
        return true;
      }
      case 'AssignmentExpression': {
        const left = node['left'] as Node;
        const value = hidden.has(nameOf(left)) ? undefined : constants.get(nameOf(left));
        if (value !== undefined) put(node, value, nameOf(left));
        // What is assigned to a property stays: the object may be read elsewhere.
        else if (isProperty(left)) visit([left['object'], node['right']], hidden);
        else return false;
        return true;
      }
      case 'Identifier': {
        const value = hidden.has(nameOf(node)) ? undefined : constants.get(nameOf(node));
        if (value !== undefined) put(node, value, nameOf(node));
        return true;
      }
      case 'VariableDeclarator':
        visit(node['init'], hidden);
        return true;
      case 'MemberExpression': {
        const name = isProperty(node) ? nameOf(node['property']) : '';
        if (properties.has(name)) put(node, properties.get(name)!, name);
        else visit([node['object'], node['computed'] ? node['property'] : null], hidden);
        return true;
      }
      case 'Property': {
        const name = nameOf(node['key']);
        if (!neverCalled.has(name)) visit(node['value'], hidden);
        // Not taken out but left undefined, so that no comma is left over.
        else put(node['value'] as Node, 'void 0', name);
        return true;
      }
      case 'BinaryExpression': {
        const sides = [node['left'], node['right']] as Node[];
        const tag = sides.find((side) => neverMade.has(side['value'] as number));
        if (!tag || !sides.some(isTag) || !/^[!=]==$/.test(node['operator'] as string)) return false;
        put(node, String(node['operator'] === '!=='), String(tag['value']));
        return true;
      }
      case 'SwitchStatement':
        leaveOutCases(node, hidden);
        return true;
      default:
        return false;
    }
  };

  const leaveOutCases = (node: Node, hidden: ReadonlySet<string>) => {
    const byTag = isTag(node['discriminant'] as Node);
    let entered = false;
    for (const each of node['cases'] as Node[]) {
      const test = each['test'] as Node | null;
      const body = each['consequent'] as Node[];
      const value = test?.['value'] as number;
      const never = byTag && neverMade.has(value) ? String(value) : neverUsed.has(nameOf(test)) ? nameOf(test) : null;
      if (never !== null && !entered) {
        // Other cases may use the variables that are declared in this one.
        const names = variablesOf(body);
        put(each, names.length > 0 ? `case ${code.slice(test!.start, test!.end)}: var ${names.join(', ')};` : '', never);
        continue;
      }
      // Control goes on into this case from the one before, so only its label goes.
      if (never !== null) put({ start: each.start, end: body[0]?.start ?? each.end }, '', never);
      visit([test, body], hidden);
      entered = !/^(?:Break|Return|Throw|Continue)Statement$/.test(body.at(-1)?.type ?? '');
    }
    visit(node['discriminant'], hidden);
  };

  visit(parseSync('react-dom-client.cjs', code, { sourceType: 'script' }).program, new Set());
  let text = '';
  let at = 0;
  for (const edit of edits.sort((a, b) => a.start - b.start)) {
    text += code.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return { text: text + code.slice(at), missing: [...missing] };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

function nameOf(node: unknown): string {
  return isNode(node) && node.type === 'Identifier' ? (node['name'] as string) : '';
}

/** Whether a node reads a property by its name. */
function isProperty(node: Node): boolean {
  return node.type === 'MemberExpression' && node['computed'] === false;
}

function isTag(node: Node): boolean {
  return nameOf(node) === 'tag' || (isProperty(node) && nameOf(node['property']) === 'tag');
}

/** The names that `var` declares in these statements, for the whole function. */
function variablesOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(variablesOf);
  if (!isNode(node) || node.type.startsWith('Function')) return [];
  return [...(node.type === 'VariableDeclarator' ? [nameOf(node['id'])] : []), ...Object.values(node).flatMap(variablesOf)];
}

/** Of `owner.name = value`: the owner as it is written, and the name. */
function assigned(statement: Node): [owner: string, name: string] {
  const { left } = statement['expression'] as { left?: Node };
  if (!left || !isProperty(left)) return ['', ''];
  const object = left['object'] as Node;
  const owner = isProperty(object) ? `${nameOf(object['object'])}.${nameOf(object['property'])}` : nameOf(object);
  return [owner, nameOf(left['property'])];
}
