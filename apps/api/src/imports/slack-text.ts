import { z } from 'zod';
import { emojiNamed } from './emoji-names.js';

/** What texts of Slack refer to. */
export interface SlackNames {
  /** What stands for a person, with its `@`. Whoever is named is mentioned. */
  person(id: string): string;
  /** The name of a channel, without `#`. */
  channel(id: string): string;
}

/** Turns Slack's mrkdwn into Markdown. */
export function slackMarkdown(text: string, names: SlackNames): string {
  let markdown = '';
  // Code stands as it is: between three backticks, else between two single ones of a line.
  const parts = text.split('```');
  parts.forEach((part, place) => {
    const isCode = place % 2 === 1 && place < parts.length - 1;
    if (isCode) markdown += `${lineBefore(markdown)}\`\`\`\n${references(part, names, true).replace(/^\n/, '')}\n\`\`\`\n`;
    else
      markdown +=
        (place % 2 === 1 ? '```' : '') +
        part
          .split('\n')
          .map((line) => slackLine(line, names))
          .reduce(joinLines);
  });
  return markdown;
}

/** In Markdown a line goes on with the quote before it, unless one is empty between them. */
function joinLines(before: string, line: string): string {
  const last = before.slice(before.lastIndexOf('\n') + 1);
  return `${before}\n${last.startsWith('>') && line !== '' && !line.startsWith('>') ? '\n' : ''}${line}`;
}

function lineBefore(markdown: string): string {
  return markdown === '' || markdown.endsWith('\n') ? '' : '\n';
}

function slackLine(line: string, names: SlackNames): string {
  const pieces = line.split('`');
  const said = pieces
    .map((piece, place) => {
      const isCode = place % 2 === 1 && place < pieces.length - 1;
      if (isCode) return `\`${references(piece, names, true)}\``;
      return (place % 2 === 1 ? '`' : '') + references(marks(piece), names, false);
    })
    .join('');
  return said.startsWith('#') ? `\\${said}` : said;
}

const doubled: Record<string, string> = { '*': '**', '~': '~~' };

/** Makes `*bold*` and `~struck~` what Markdown says. `_leaning_` is the same in both. A mark counts at the edge of a word. */
function marks(text: string): string {
  let made = '';
  const never = new Set<string>();
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    const mark = doubled[sign];
    const end = mark && !never.has(sign) && isEdge(text[at - 1]) && text[at + 1] !== sign ? endOf(text, sign, at) : -1;
    if (mark && end === -1 && isEdge(text[at - 1])) never.add(sign);
    if (end === -1) made += sign;
    else {
      made += mark + marks(text.slice(at + 1, end)) + mark;
      at = end;
    }
  }
  return made;
}

/** Where the mark that begins at `from` ends; -1 if it does not. */
function endOf(text: string, sign: string, from: number): number {
  if (text[from + 1] === undefined || text[from + 1] === ' ') return -1;
  for (let at = text.indexOf(sign, from + 2); at !== -1; at = text.indexOf(sign, at + 1)) {
    if (text[at - 1] !== ' ' && isEdge(text[at + 1])) return at;
  }
  return -1;
}

function isEdge(sign: string | undefined): boolean {
  return sign === undefined || !/[\p{L}\p{N}]/u.test(sign);
}

/** Replaces `<…>`, names of emoji and entities. @param plain inside code: without Markdown */
function references(text: string, names: SlackNames, plain: boolean): string {
  let made = '';
  let from = 0;
  for (let open = text.indexOf('<'); open !== -1; open = text.indexOf('<', from)) {
    const close = text.indexOf('>', open);
    if (close === -1) break;
    made += words(text.slice(from, open), plain) + reference(text.slice(open + 1, close), names, plain);
    from = close + 1;
  }
  return made + words(text.slice(from), plain);
}

function words(text: string, plain: boolean): string {
  return entities(
    plain ? text : text.replaceAll(/:([a-z0-9_+'-]{1,60}(?:::skin-tone-[2-6])?):/g, (all, name: string) => emojiNamed(name) ?? all),
  );
}

function entities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function reference(inside: string, names: SlackNames, plain: boolean): string {
  const bar = inside.indexOf('|');
  const target = entities(bar === -1 ? inside : inside.slice(0, bar));
  const label = bar === -1 ? '' : entities(inside.slice(bar + 1));
  if (target.startsWith('@')) return names.person(target.slice(1));
  if (target.startsWith('#')) return `#${label || names.channel(target.slice(1))}`;
  if (target.startsWith('!subteam^')) return label || '@group';
  if (target.startsWith('!date^')) return label || target;
  if (target.startsWith('!')) return `@${target.slice(1)}`;
  return slackLink(target, label, plain);
}

function slackLink(target: string, label: string, plain = false): string {
  const address = target.startsWith('mailto:') ? target.slice('mailto:'.length) : target;
  if (label === '' || label === target || label === address)
    return plain ? address : address === target ? target : `[${address}](${target})`;
  return plain ? `${label} (${target})` : `[${escaped(label)}](<${target.replaceAll(/[<>\n]/g, '')}>)`;
}

const style = z.object({ bold: z.boolean(), italic: z.boolean(), strike: z.boolean(), code: z.boolean() }).partial();
const leaf = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  url: z.string().optional(),
  user_id: z.string().optional(),
  channel_id: z.string().optional(),
  usergroup_id: z.string().optional(),
  name: z.string().optional(),
  unicode: z.string().optional(),
  range: z.string().optional(),
  value: z.string().optional(),
  fallback: z.string().optional(),
  style: style.optional().catch(undefined),
});
const leaves = z.array(leaf).catch([]);
const richSection = z.looseObject({ type: z.string(), elements: leaves });
const richPart = z.looseObject({
  type: z.string(),
  elements: z.array(z.unknown()).catch([]),
  style: z.string().optional().catch(undefined),
  indent: z.number().optional().catch(undefined),
  offset: z.number().optional().catch(undefined),
});
const textObject = z.looseObject({ type: z.string().optional(), text: z.string() });
const block = z.looseObject({
  type: z.string(),
  elements: z.array(z.unknown()).optional().catch(undefined),
  text: z.union([z.string(), textObject]).optional().catch(undefined),
  fields: z.array(textObject).optional().catch(undefined),
  alt_text: z.string().optional().catch(undefined),
  image_url: z.string().optional().catch(undefined),
});
export type SlackBlock = z.infer<typeof block>;

/** Blocks as far as they are understood; `unknown` has the types of all others. */
export function slackBlocks(given: unknown, names: SlackNames): { markdown: string; rich: boolean; unknown: string[] } {
  const blocks = z.array(block).safeParse(given).data ?? [];
  const unknown: string[] = [];
  const parts = blocks.map((each): string => {
    switch (each.type) {
      case 'rich_text':
        return richText(each.elements ?? [], names, unknown);
      case 'section':
        return [textOf(each.text, names), ...(each.fields ?? []).map((field) => textOf(field, names))]
          .filter((text) => text !== '')
          .join('\n');
      case 'header':
        return `**${escaped(plainOf(each.text))}**`;
      case 'context':
        return (each.elements ?? [])
          .map((element) => textOf(textObject.safeParse(element).data, names))
          .filter((text) => text !== '')
          .join(' ');
      case 'divider':
        return '---';
      case 'image':
        return each.image_url ? slackLink(each.image_url, each.alt_text ?? '') : (each.alt_text ?? '');
      default:
        unknown.push(each.type);
        return '';
    }
  });
  return { markdown: parts.filter((part) => part !== '').join('\n\n'), rich: blocks.some(({ type }) => type === 'rich_text'), unknown };
}

function plainOf(text: SlackBlock['text']): string {
  return typeof text === 'string' ? text : (text?.text ?? '');
}

function textOf(text: SlackBlock['text'], names: SlackNames): string {
  if (text === undefined) return '';
  return typeof text !== 'string' && text.type === 'plain_text' ? escaped(text.text) : slackMarkdown(plainOf(text), names);
}

function richText(elements: readonly unknown[], names: SlackNames, unknown: string[]): string {
  const parts = elements.flatMap((element) => richPart.safeParse(element).data ?? []);
  const said: string[] = [];
  for (const part of parts) {
    const own = leaves.parse(part.elements);
    switch (part.type) {
      case 'rich_text_section':
        said.push(
          own
            .map((each) => leafText(each, names, unknown))
            .join('')
            .replace(/\n$/, ''),
        );
        break;
      case 'rich_text_quote':
        said.push(
          own
            .map((each) => leafText(each, names, unknown))
            .join('')
            .split('\n')
            .map((line) => `> ${line}`)
            .join('\n'),
        );
        break;
      case 'rich_text_preformatted':
        said.push(`\`\`\`\n${own.map(({ text, url }) => text ?? url ?? '').join('')}\n\`\`\``);
        break;
      case 'rich_text_list': {
        const items = part.elements.flatMap((element) => richSection.safeParse(element).data ?? []);
        const before = ' '.repeat(3 * Math.min(8, Math.max(0, part.indent ?? 0)));
        said.push(
          items
            .map((item, place) => {
              const mark = part.style === 'ordered' ? `${(part.offset ?? 0) + place + 1}.` : '-';
              return `${before}${mark} ${item.elements
                .map((each) => leafText(each, names, unknown))
                .join('')
                .replaceAll('\n', ' ')}`;
            })
            .join('\n'),
        );
        break;
      }
      default:
        unknown.push(part.type);
    }
  }
  return said.length === 0 ? '' : said.reduce(joinLines);
}

function leafText(each: z.infer<typeof leaf>, names: SlackNames, unknown: string[]): string {
  switch (each.type) {
    case 'text':
      return styled(each.text ?? '', each.style);
    case 'link':
      return slackLink(each.url ?? '', each.text ?? '');
    case 'user':
      return names.person(each.user_id ?? '');
    case 'channel':
      return `#${names.channel(each.channel_id ?? '')}`;
    case 'emoji':
      return emojiNamed(each.name ?? '') ?? fromUnicode(each.unicode) ?? `:${each.name ?? ''}:`;
    case 'broadcast':
      return `@${each.range ?? 'channel'}`;
    case 'usergroup':
      return '@group';
    case 'color':
      return each.value ?? '';
    case 'date':
      return each.fallback ?? '';
    default:
      unknown.push(each.type);
      return each.text ?? '';
  }
}

function fromUnicode(unicode: string | undefined): string | null {
  const points = (unicode ?? '').split('-').map((hex) => Number.parseInt(hex, 16));
  return points.length <= 12 && points.every((point) => point > 0 && point <= 0x10_ff_ff) ? String.fromCodePoint(...points) : null;
}

/** A text with its style; marks stand at words, as Markdown has it, and spaces around them. */
function styled(text: string, how: z.infer<typeof style> | undefined): string {
  if (how?.code) return `\`${text}\``;
  const inner = text.trim();
  if (inner === '' || !how) return escaped(text);
  const mark = `${how.bold ? '**' : ''}${how.italic ? '_' : ''}${how.strike ? '~~' : ''}`;
  if (mark === '') return escaped(text);
  const back = `${how.strike ? '~~' : ''}${how.italic ? '_' : ''}${how.bold ? '**' : ''}`;
  const start = text.indexOf(inner);
  return text.slice(0, start) + mark + escaped(inner) + back + text.slice(start + inner.length);
}

/** A text in which nothing is a mark of Markdown. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\\`*[\]]/g, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|~~/gu, '\\$&')
    .split('\n')
    .map((line) => (/^[#>]/.test(line) ? `\\${line}` : line))
    .join('\n');
}
