import { Marked, type Tokens } from 'marked';

/** A page of the documentation, as HTML. */
export interface RenderedDocument {
  title: string;
  /** Its first paragraph, as HTML without links. */
  summary: string;
  /** Its sections, for a table of contents. */
  sections: { id: string; title: string }[];
  html: string;
}

/**
 * Renders one document. A link to another leads to where the server has it, a link to any other file of the repository is only its text, because
 * the server has no such file.
 *
 * @param isServed whether the server has a document of this name
 */
export function renderDocument(markdown: string, isServed: (name: string) => boolean): RenderedDocument {
  const ids = new Map<string, number>();
  const sections: RenderedDocument['sections'] = [];
  let title = '';
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const text = this.parser.parseInline(tokens);
        const plain = plainOf(tokens);
        if (depth === 1) {
          title = plain;
          return `<h1>${text}</h1>\n`;
        }
        const slug = slugOf(plain);
        const used = ids.get(slug) ?? 0;
        ids.set(slug, used + 1);
        const id = used === 0 ? slug : `${slug}-${used}`;
        if (depth === 2) sections.push({ id, title: plain });
        return `<h${depth} id="${escape(id)}"><a href="#${escape(id)}">${text}</a></h${depth}>\n`;
      },
      code({ text, lang }) {
        const language = lang ? ` data-language="${escape(lang)}"` : '';
        return `<figure class="code"${language}><pre tabindex="0"><code>${escape(text)}</code></pre></figure>\n`;
      },
      table({ header, rows }) {
        const cells = (row: Tokens.TableCell[], tag: 'th' | 'td') =>
          `<tr>${row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`;
        return `<div class="table" tabindex="0"><table><thead>${cells(header, 'th')}</thead><tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const to = addressOf(href, isServed);
        return to === null ? text : `<a href="${escape(to)}">${text}</a>`;
      },
      // The pages are our own, and have no markup but Markdown's.
      html: ({ text }) => escape(text),
      image: ({ text }) => escape(text),
    },
  });
  const tokens = marked.lexer(markdown);
  const html = marked.parser(tokens);
  const first = tokens.find((token): token is Tokens.Paragraph => token.type === 'paragraph');
  return { title, summary: first ? firstSentence(plainOf(first.tokens)) : '', sections, html };
}

/** Where a link of a document leads on the server; null if the server does not have that. */
function addressOf(href: string, isServed: (name: string) => boolean): string | null {
  if (/^https?:\/\//.test(href) || href.startsWith('#') || href.startsWith('/')) return href;
  const [, name, anchor = ''] = /^(?:\.\/)?([a-z0-9-]+)\.md(#.*)?$/.exec(href) ?? [];
  return name !== undefined && isServed(name) ? `/docs/${name}${anchor}` : null;
}

/** The text of tokens, without its marks. */
function plainOf(tokens: readonly Tokens.Generic[]): string {
  return tokens.map((token) => (token.tokens ? plainOf(token.tokens) : String(token['text'] ?? ''))).join('');
}

/** Up to the first full stop, or to a colon where what stands before it says something by itself. */
function firstSentence(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const colon = line.indexOf(': ', 40);
  const stop = line.search(/[.?](?=\s|$)/);
  const end = colon >= 0 && (stop < 0 || colon < stop) ? colon : stop;
  return `${end < 0 ? line : line.slice(0, end)}.`;
}

/** The anchor of a heading, as GitHub makes it, so that a link is good in both places. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
