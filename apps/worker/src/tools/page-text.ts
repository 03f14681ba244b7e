/** What of a page is no text that it shows. */
const unseen = new Set(['script', 'style', 'noscript', 'template', 'svg', 'head', 'iframe', 'object']);
/** What begins a line of its own. */
const blocks = new Set(
  'address article aside blockquote br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table td th tr ul'.split(
    ' ',
  ),
);
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/**
 * The text that a page shows, with the addresses of its links after them. It reads the page once from its beginning to its end: no page
 * can make it slow.
 *
 * @param base the page's own address, for links that are relative
 */
export function pageText(html: string, base: URL): string {
  let text = '';
  let at = 0;
  let links: string[] = [];
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open === -1) return tidy(text + decoded(html.slice(at)));
    text += decoded(html.slice(at, open));
    if (html.startsWith('<!--', open)) {
      at = after(html, '-->', open);
      continue;
    }
    const end = after(html, '>', open);
    const { name, closes } = tagOf(html, open);
    at = end;
    if (!closes && unseen.has(name)) at = afterClosing(html, name, end);
    else if (name === 'a' && !closes) links.push(linkOf(html.slice(open, end), base));
    else if (name === 'a') {
      const link = links.pop() ?? '';
      if (link !== '') text += ` (${link})`;
    } else if (blocks.has(name)) text += '\n';
    if (links.length > 8) links = [];
  }
  return tidy(text);
}

function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from);
  return found === -1 ? html.length : found + mark.length;
}

function tagOf(html: string, open: number): { name: string; closes: boolean } {
  const closes = html[open + 1] === '/';
  const start = open + (closes ? 2 : 1);
  const [name = ''] = /^[a-z][a-z0-9]{0,11}/i.exec(html.slice(start, start + 12)) ?? [];
  return { name: name.toLowerCase(), closes };
}

/** Where an element that shows nothing ends. */
function afterClosing(html: string, name: string, from: number): number {
  for (let at = html.indexOf('</', from); at !== -1; at = html.indexOf('</', at + 2)) {
    if (tagOf(html, at).name === name) return after(html, '>', at);
  }
  return html.length;
}

function linkOf(tag: string, base: URL): string {
  const [, quoted, single] = /\bhref=(?:"([^"]{1,2000})"|'([^']{1,2000})')/i.exec(tag.slice(0, 4_000)) ?? [];
  const href = decoded(quoted ?? single ?? '');
  if (href === '' || href.startsWith('#') || !URL.canParse(href, base.href)) return '';
  const { protocol, href: whole } = new URL(href, base.href);
  return protocol === 'https:' || protocol === 'http:' ? whole : '';
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '';
  });
}

/** No line without words twice in a row, and no two spaces. */
function tidy(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/[\t\r\f\v ]+/g, ' ').trim());
  return lines
    .filter((line, index) => line !== '' || lines[index - 1] !== '')
    .join('\n')
    .trim();
}
