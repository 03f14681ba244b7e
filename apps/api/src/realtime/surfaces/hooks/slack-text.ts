import { z } from 'zod';
import { escaped } from './alert-text.js';
import { slackMarkdown } from './slack-markdown.js';

const text = z.string().catch('');

const fieldSchema = z.object({ title: text, value: z.union([z.string(), z.number().transform(String)]).catch('') });

const attachmentSchema = z.object({
  pretext: text,
  author_name: text,
  title: text,
  title_link: text,
  text,
  fallback: text,
  fields: z.array(z.unknown()).catch([]),
  blocks: z.array(z.unknown()).catch([]),
  footer: text,
  color: text,
});

const slackSchema = z.object({
  text,
  username: text,
  attachments: z.array(z.unknown()).catch([]),
  blocks: z.array(z.unknown()).catch([]),
});

/** Of lists, so many are read: more than Slack takes. */
const maxItems = 100;
/** How deep the elements of blocks are read. */
const maxDepth = 8;

/** Whether a body is in the form of Slack's incoming webhooks. */
export function isSlack(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ['text', 'attachments', 'blocks'].some((field) => Object.hasOwn(body, field));
}

/**
 * A message of Slack as Markdown. Its blocks take the place of its text, as there; of blocks, the words are kept.
 *
 * @param bot the name of whoever posts it; another name, which Slack would show instead, stands above the text
 */
export function slackText(body: unknown, bot: string): string {
  const message = slackSchema.parse(body);
  const blocks = blocksText(message.blocks);
  const parts = [
    message.username && message.username.toLowerCase() !== bot ? `**${escaped(oneLine(message.username))}**` : '',
    blocks || slackMarkdown(message.text),
    ...message.attachments.slice(0, maxItems).map(attachmentText),
  ];
  return joined(parts);
}

function attachmentText(given: unknown): string {
  const attachment = attachmentSchema.safeParse(given).data;
  if (!attachment) return '';
  const { pretext, author_name: author, title, title_link: link, color, fallback, footer } = attachment;
  const line = slackMarkdown(oneLine(title));
  const named = line && /^https?:\/\/[^\s<>]{1,2000}$/.test(link) ? `**[${line}](<${link}>)**` : line && `**${line}**`;
  const fields = attachment.fields.slice(0, maxItems).flatMap((field) => fieldSchema.safeParse(field).data ?? []);
  const inner = joined([
    author ? escaped(oneLine(author)) : '',
    [colorMark(color), named].filter(Boolean).join(' '),
    slackMarkdown(attachment.text),
    blocksText(attachment.blocks),
    fields
      .map((field) => [field.title && `**${slackMarkdown(oneLine(field.title))}**`, slackMarkdown(field.value)].filter(Boolean).join(': '))
      .join('\n'),
    footer ? `*${escaped(oneLine(footer))}*` : '',
  ]);
  const shown = inner.replaceAll(/[🔴🟠🟡🟢🔵🟣⚪\s]/gu, '') === '' ? joined([inner, slackMarkdown(fallback)]) : inner;
  return joined([slackMarkdown(pretext), shown]);
}

function blocksText(blocks: readonly unknown[]): string {
  return joined(blocks.slice(0, maxItems).map((block) => blockText(block, 0)));
}

/** The words of a block or of one of its elements. */
function blockText(given: unknown, depth: number): string {
  if (typeof given !== 'object' || given === null || depth > maxDepth) return '';
  const block = given as Record<string, unknown>;
  const inner = (list: unknown, between: string): string =>
    Array.isArray(list)
      ? list
          .slice(0, maxItems)
          .map((each) => blockText(each, depth + 1))
          .filter((part) => part !== '')
          .join(between)
      : '';
  switch (block['type']) {
    case 'divider':
      return '---';
    case 'header':
      return `**${blockText(block['text'], depth + 1)}**`;
    case 'mrkdwn':
      return slackMarkdown(stringOf(block['text']));
    case 'link':
      return escaped(stringOf(block['text']) || stringOf(block['url']));
    case 'image':
      return escaped(stringOf(block['alt_text']));
    case 'rich_text':
      return inner(block['elements'], '\n');
    case 'rich_text_section':
      return inner(block['elements'], '');
    case 'rich_text_list':
      return Array.isArray(block['elements'])
        ? block['elements']
            .slice(0, maxItems)
            .map((each) => `- ${blockText(each, depth + 1)}`)
            .join('\n')
        : '';
    case 'rich_text_preformatted':
      return `\`\`\`\n${inner(block['elements'], '').replaceAll('```', '’’’')}\n\`\`\``;
    default: {
      const own = block['text'];
      const words = typeof own === 'string' ? escaped(own) : blockText(own, depth + 1);
      return [words, inner(block['fields'], '\n'), inner(block['elements'], ' ')].filter((part) => part !== '').join('\n');
    }
  }
}

const named: Readonly<Record<string, string>> = { good: '🟢', warning: '🟡', danger: '🔴' };

/** The sign that comes nearest to an attachment's color: a message has no bar beside it. */
function colorMark(color: string): string {
  const known = named[color];
  if (known !== undefined) return known;
  const hex = /^#?([\da-f]{6})$/i.exec(color)?.[1];
  if (hex === undefined) return '';
  const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  if (most - least < 32) return '⚪';
  const sixth =
    most === red
      ? ((green - blue) / (most - least) + 6) % 6
      : most === green
        ? (blue - red) / (most - least) + 2
        : (red - green) / (most - least) + 4;
  const hue = sixth * 60;
  if (hue < 18 || hue >= 335) return '🔴';
  if (hue < 42) return '🟠';
  if (hue < 70) return '🟡';
  if (hue < 170) return '🟢';
  return hue < 255 ? '🔵' : '🟣';
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function oneLine(value: string): string {
  return value.split('\n').join(' ').trim();
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part.trim() !== '').join('\n\n');
}
