import { documents } from '../generated/documents.js';
import { escape, renderDocument, type RenderedDocument } from './render-document.js';

/** The order in which somebody new reads them; those that are not here come after, by name. */
const order = ['quick-start', 'keys', 'rest', 'events', 'sockets', 'chat', 'sdk', 'agents', 'webhooks', 'openai', 'mcp', 'wire'];

/** The documents of the server by name, in their order, rendered. */
export function renderDocuments(): Map<string, RenderedDocument> {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = Object.keys(documents).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  return new Map(names.map((name) => [name, renderDocument(documents[name]!, (other) => Object.hasOwn(documents, other))]));
}

/** The page that lists all documents. */
export function indexPage(all: ReadonlyMap<string, RenderedDocument>): string {
  const entries = [...all].map(
    ([name, { title, summary }]) => `<li><a href="/docs/${escape(name)}">${escape(title)}</a><p>${escape(summary)}</p></li>`,
  );
  const body = `<h1>Documentation</h1>
<p>How programs take part: with the same rights, limits and answers as people in the page. Every address of REST is in the <a href="/api/docs">reference</a>.</p>
<ul class="index">
${entries.join('\n')}
</ul>`;
  return page({ title: 'Documentation', all, current: null, body });
}

export function documentPage(all: ReadonlyMap<string, RenderedDocument>, name: string): string {
  const { title, html } = all.get(name)!;
  return page({ title, all, current: name, body: html });
}

interface Page {
  title: string;
  all: ReadonlyMap<string, RenderedDocument>;
  /** Whose page it is; null for the index. */
  current: string | null;
  body: string;
}

function page({ title, all, current, body }: Page): string {
  const entries = [...all].map(([name, { title: entry, sections }]) => {
    const isHere = name === current;
    const below = isHere
      ? `<ul>${sections.map((section) => `<li><a href="#${escape(section.id)}">${escape(section.title)}</a></li>`).join('')}</ul>`
      : '';
    return `<li><a href="/docs/${escape(name)}"${isHere ? ' aria-current="page"' : ''}>${escape(entry)}</a>${below}</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · Parley</title>
<link rel="stylesheet" href="/docs/style.css">
<script src="/docs/copy.js" defer></script>
</head>
<body>
<nav aria-label="Documentation"><a class="name" href="/">Parley</a>
<ul><li><a href="/docs"${current === null ? ' aria-current="page"' : ''}>Documentation</a></li>${entries.join('')}<li><a href="/api/docs">REST reference</a></li></ul></nav>
<main>
${body}
</main>
</body>
</html>
`;
}
