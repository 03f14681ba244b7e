import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { Lexer as MarkedLexer } from 'marked';
import { defineConfig, type Plugin } from 'vite';
import { plainReact } from './scripts/plain-react.js';

/** Where `npm run dev` finds the API. The page itself always talks to its own origin. */
const api = `http://127.0.0.1:${process.env['PORT'] ?? 3000}`;

export default defineConfig({
  plugins: [
    react(),
    tailwindcss(),
    plainReact(),
    markedLexerOnly(),
    noScrollRestoration(),
    trpcSources(),
    plainIcons(),
    plainImports(),
    rightsOnly(),
    ownErrors(),
    plainSelector(),
  ],
  // Workspace packages from their sources: no build between an edit and the page, and unused exports fall away.
  resolve: {
    conditions: ['parley-source', 'module', 'browser', 'development|production'],
    // React has had this hook since 18; the shim brings its own for older ones.
    alias: [{ find: /^use-sync-external-store\/shim(?:\/index\.js)?$/, replacement: 'react' }],
  },
  server: {
    proxy: {
      '/trpc': { target: api, ws: true },
      '/ws': { target: api, ws: true },
      '/api': api,
      '/health': api,
    },
  },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: false,
    // One file: no chunk has to wait for styles of its own.
    cssCodeSplit: false,
    // Never an inlined script or data: asset, so that the page runs under `default-src 'self'`.
    assetsInlineLimit: 0,
    // `npm run size` reads which chunks the first screen needs.
    manifest: true,
    rolldownOptions: {
      output: {
        // Whatever the first screen needs is one file: it compresses better than pieces cut by what later screens share.
        // But not zod, which reads the arguments of a command that is being written: everything imports it, the first screen uses none of it.
        codeSplitting: {
          groups: [
            { name: 'zod', test: /\/node_modules\/zod\//, priority: 1 },
            { name: 'main', tags: ['$initial'] },
          ],
        },
      },
    },
  },
});

/** One of every kind of block and of mark that `marked` reads. */
const sample = `# Title

Another
=======

A *word*, a **word**, a ~~word~~, \`code\`, [text](https://example.com "title"), <https://example.com>, www.example.com, a@example.com, [ref].
A second line, with \\* escaped  
and a break, and ![picture](/p.png), and <b>tags</b>.

> A quote
with a lazy line
> - and a list in it

1. One
2. Two
   - [x] done
   - [ ] open

| a | b |
| :-- | --: |
| 1 | \`2\` |

\`\`\`ts
const a = 1;
\`\`\`

    indented

***

<div>block</div>

[ref]: https://example.com/ref
`;

/**
 * Leaves only the lexer of `marked` in the build: the page makes its own elements from tokens. The package ends by making an
 * instance of everything and hanging the classes on a function, which no bundler can see through; that end is cut off.
 * A marked that is laid out differently fails the build rather than growing it unseen.
 */
function markedLexerOnly(): Plugin {
  return {
    name: 'parley:marked-lexer-only',
    apply: 'build',
    transform: {
      filter: { id: /\/marked\/lib\/marked\.esm\.js$/ },
      async handler(code) {
        const lexer = /export\{.*\b([\w$]+) as Lexer\b/s.exec(code)?.[1];
        const end = /\bvar [\w$]+=new [\w$]+;function [\w$]+\([\w$]+,[\w$]+\)\{return [\w$]+\.parse\(/.exec(code)?.index;
        if (!lexer || !end) this.error('marked is laid out differently than this plugin expects; look at vite.config.ts');
        const rest = `${asRead(code.slice(0, end))}export{${lexer} as Lexer};`;
        // What was cut from too far leaves names without a value: read something with it here, before a page cannot even start.
        const { Lexer } = (await import(`data:text/javascript,${encodeURIComponent(rest)}`)) as { Lexer: typeof MarkedLexer };
        const [read, expected] = [Lexer, MarkedLexer].map((each) => JSON.stringify(each.lex(sample, { gfm: true, breaks: true })));
        if (read !== expected) this.error('marked reads differently once cut; look at vite.config.ts');
        return { code: rest, map: null };
      },
    },
  };
}

/**
 * Leaves out what `marked` does by options that our reader never sets otherwise (`readMarkdown` of contracts): the rules for the Markdown of
 * 2004 and for extensions.
 */
function asRead(code: string): string {
  let rest = code
    .replaceAll('this.options.pedantic', 'false')
    .replaceAll('this.options.extensions', 'undefined')
    .replaceAll('this.options.silent', 'false')
    .replaceAll('this.options.hooks', 'undefined')
    // Ours is another, so what stands behind is decided.
    .replaceAll(/this\.tokenizer\.emStrong!==[\w$]+\.prototype\.emStrong/g, 'true')
    .replaceAll(/this\.options\.(?:gfm|breaks)\b/g, 'true');
  // Others read with functions of the class; the page makes its own lexer.
  rest = rest.replace(/static get rules\(\)\{return\{block:[\w$]+,inline:[\w$]+\}\}/, '').replace(/static lexInline\(\w,\w\)\{[^}]*\}/, '');
  // It ends in an error, which the reader catches unread.
  rest = rest.replace(/infiniteLoopError\((\w)\)\{let (\w)=[^;]*;if\(false\)/, 'infiniteLoopError($1){let $2;if(false)');
  for (const [property, rules] of code.matchAll(/,pedantic:([\w$]+)(?=\})/g)) {
    const start = rest.indexOf(`,${rules}={...`);
    const end = rest.indexOf('getRegex()}', start) + 'getRegex()}'.length;
    rest = (rest.slice(0, start) + rest.slice(end)).replace(property, '');
  }
  // Our reader shows a text's source, so nobody reads the text that `marked` escapes for HTML.
  rest = rest.replace(/text:(\w+)\?(\w+)\[0\]:[\w$]+\(\2\[0\]\)/, 'text:$2[0]');
  for (const name of onlyForHtml)
    rest = rest.replace(new RegExp(String.raw`([{,])${name}:\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*,`), '$1');
  rest = rest.replace(/pedanticHeadingBeginRegex:.*?,(?=htmlBeginRegex)/s, '');
  return withoutUnused(withoutReplaced(rest));
}

/** Patterns of `marked` that only its renderer, its escaping and its rules of 2004 use. */
const onlyForHtml = [
  'escapeTest',
  'escapeReplace',
  'escapeTestNoEncode',
  'escapeReplaceNoEncode',
  'percentDecode',
  'numericCharacterReference',
  'numericCharacterReferenceOrAmpersand',
  'pedanticHrefTitle',
  'outputLinkReplace',
  'spaceLine',
  'listReplaceNesting',
];

/** Leaves out of `marked`'s basic rules those that the rules for GitHub's Markdown, which are always used, put others in the place of. */
function withoutReplaced(code: string): string {
  let rest = code;
  for (const [, normal = '', gfm = ''] of code.matchAll(/normal:([\w$]+),gfm:([\w$]+)/g)) {
    const replaced = between(rest, `,${gfm}={...${normal},`, '}') ?? '';
    const basic = between(rest, `,${normal}={`, '}') ?? '';
    const kept = basic.split(',').filter((rule) => !new RegExp(`(?:^|[,)/])${rule.split(':')[0]}:`).test(replaced));
    rest = rest.replace(`,${normal}={${basic}}`, () => `,${normal}={${kept.join(',')}}`);
  }
  return rest;
}

/** Leaves out rules that nothing names any more. They are put together by calls, so the bundler would keep them. */
function withoutUnused(code: string): string {
  const uses = (name: string) => code.split(new RegExp(`(?<![\\w$.&])${name.replaceAll('$', String.raw`\$`)}(?![\\w$])`)).length - 1;
  // A rule ends where it becomes a pattern, or else where the next begins: some are made whole by one call.
  const rules = [...code.matchAll(/,([\w$]+)=[\w$]+\((?:(?!getRegex\(\)|;|,[\w$]+=).)*?(?:getRegex\(\)|(?=,[\w$]+=))/gs)];
  const unused = rules.filter(([, name]) => uses(name!) === 1);
  return unused.length === 0 ? code : withoutUnused(unused.reduce((rest, [rule]) => rest.replace(rule, () => ''), code));
}

function between(text: string, begin: string, end: string): string | undefined {
  const at = text.indexOf(begin);
  return at === -1 ? undefined : text.slice(at + begin.length, text.indexOf(end, at));
}

/**
 * Leaves out how TanStack Router restores scrolling, which it sets up without being asked: the page's screens scroll in boxes
 * of their own, and the conversation knows better where it was.
 */
function noScrollRestoration(): Plugin {
  return {
    name: 'parley:no-scroll-restoration',
    apply: 'build',
    transform: {
      filter: { id: /\/router-core\/dist\/esm\/scroll-restoration\.js$/ },
      handler(code) {
        const names = /export \{([^}]+)\}/
          .exec(code)?.[1]
          ?.split(',')
          .map((name) => name.trim());
        if (!names?.includes('setupScrollRestoration')) this.error('TanStack Router is laid out differently; look at vite.config.ts');
        return { code: names.map((name) => `export const ${name} = () => undefined;`).join('\n'), map: null };
      },
    },
  };
}

/** Lucide's icons, drawn by what the page uses of its renderer: size, line and attributes. It names no classes and knows no context. */
function plainIcons(): Plugin {
  return {
    name: 'parley:plain-icons',
    apply: 'build',
    transform: {
      filter: { id: /\/lucide-react\/dist\/esm\/createLucideIcon\.m?js$/ },
      handler(code) {
        if (!code.includes('createElement(Icon') || !code.includes('icon: iconData')) {
          this.error('Lucide is laid out differently; look at vite.config.ts');
        }
        return {
          code: `import { createElement } from 'react';
const line = { 'aria-hidden': true, viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', strokeLinecap: 'round', strokeLinejoin: 'round' };
export default ({ node }) => ({ size = 24, strokeWidth = 2, ...rest }) => createElement('svg', { ...line, width: size, height: size, strokeWidth, ...rest },
  node.map(([tag, attributes]) => createElement(tag, attributes)));`,
          map: null,
        };
      },
    },
  };
}

/** The selecting hook that TanStack Store is built on, written for a React that has `useSyncExternalStore` itself. */
function plainSelector(): Plugin {
  return {
    name: 'parley:plain-selector',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/use-sync-external-store\/shim\/with-selector\.js$/ },
      handler(code) {
        if (!code.includes('with-selector.production.js'))
          this.error('use-sync-external-store is laid out differently; look at vite.config.ts');
        return {
          code: `import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
export function useSyncExternalStoreWithSelector(subscribe, read, readOnServer, select, isEqual) {
  const shown = useRef(null);
  const get = useMemo(() => {
    let known = shown.current;
    let from;
    return () => {
      const all = read();
      if (!from || from.all !== all) {
        const value = select(all);
        from = { all };
        if (!known || !isEqual(known.value, value)) known = { value };
      }
      return known.value;
    };
  }, [read, select, isEqual]);
  const value = useSyncExternalStore(subscribe, get);
  useEffect(() => {
    shown.current = { value };
  }, [value]);
  return value;
}`,
          map: null,
        };
      },
    },
  };
}

/** With one file of styles and no preloading, what Vite wraps around each `import()` has nothing to do. */
function plainImports(): Plugin {
  return {
    name: 'parley:plain-imports',
    apply: 'build',
    enforce: 'post',
    transform: {
      filter: { id: /vite\/preload-helper/ },
      handler(code) {
        if (!code.includes('__vitePreload')) this.error('Vite wraps imports differently; look at vite.config.ts');
        return { code: 'export const __vitePreload = (load) => load();', map: null };
      },
    },
  };
}

/**
 * tRPC from the TypeScript it ships: its build is lowered, several times over, for browsers that know neither spread properties
 * nor class fields nor async generators, and this page's know them all.
 */
function trpcSources(): Plugin {
  return {
    name: 'parley:trpc-sources',
    apply: 'build',
    enforce: 'pre',
    resolveId: {
      filter: { id: /^@trpc\/(?:client|server)(?:\/|$)/ },
      async handler(id, importer) {
        const [, name, inner = 'index'] = /^(@trpc\/\w+)(?:\/(.+))?$/.exec(id) ?? [];
        const built = await this.resolve(name!, importer, { skipSelf: true });
        const path = built?.id.replace(/\/dist\/index\.mjs$/, `/src/${inner}`);
        const source = [`${path}.ts`, `${path}/index.ts`].find((file) => existsSync(file));
        if (!source) this.error(`tRPC does not ship the source of ${id}; look at vite.config.ts`);
        return { id: source, moduleSideEffects: false };
      },
    },
  };
}

/**
 * Of the table of operations, the page asks who may do what, whether a repeat is safe, and which calls are about the account; the other
 * columns are the server's, and so are the rows of what the page never calls, or only calls: of a repeat that is not safe it does not ask how.
 */
function rightsOnly(): Plugin {
  return {
    name: 'parley:rights-only',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/contracts\/src\/operations\/\w+-operations\.ts$/ },
      handler(code) {
        const column =
          /\b(?:limit|aiLimit|scope|route|rest|mcp|audit|makes|later|does|waits|guarded|changesMembers|repeat(?=: '(?!safe'))):\s+(?!'account')(?:null|true|'[^']*'|\[[^\]]*\])(?:,|(?= \}))/g;
        // What the page never calls. The client finds calls of accounts by their scope, so those stay.
        const row = /^ {2}'(\w+)\.(\w+)': \{(?: .* |\n(?: {4,}.*\n)+ {2})\},$/gm;
        if (!column.test(code) || !row.test(code)) this.error('The table of operations is laid out differently; look at vite.config.ts');
        const called = ownSources();
        // Commands ask for the rights of the operations that they stand for.
        const asked = `${called}\n${sourcesIn(join(import.meta.dirname, '../../packages/contracts/src/commands'))}`;
        const own = code.replaceAll(row, (whole, noun: string, verb: string) => {
          const isAsked = asked.includes(`'${noun}.${verb}'`);
          const isCalled = new RegExp(String.raw`\b${noun}\.${verb}\b`).test(called) && !/repeat: '(?!safe')/.test(whole);
          return whole.includes("scope: 'account'") || isAsked || isCalled ? whole : '';
        });
        // What is left of many rows is the one that they begin with.
        return { code: own.replaceAll(column, '').replaceAll(/\{\s*\.\.\.(\w+),?\s*\}/g, '$1'), map: null };
      },
    },
  };
}

/**
 * Of the table of errors, the page says only those by itself that it or its client names; the sentence of any other comes with the server's
 * answer.
 */
function ownErrors(): Plugin {
  return {
    name: 'parley:own-errors',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/contracts\/src\/errors\.ts$/ },
      handler(code) {
        const named = ownSources();
        const line = /^ {2}([A-Z_]+): \{ http: \d+, message: '.*' \},$/gm;
        if (!line.test(code)) this.error('The table of errors is laid out differently; look at vite.config.ts');
        return { code: code.replaceAll(line, (whole, name: string) => (new RegExp(`\\b${name}\\b`).test(named) ? whole : '')), map: null };
      },
    },
  };
}

/** All TypeScript of the page and its client, as one text. */
function ownSources(): string {
  return ['src', '../../packages/client/src'].map((folder) => sourcesIn(join(import.meta.dirname, folder))).join('\n');
}

/** All TypeScript below a folder, as one text. */
function sourcesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|testing\//.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}
