/**
 * Slack's marks as Markdown: `<address|words>` and `<!here>`, `*bold*` and `~struck~`; what is in code stays. Each character is looked at a
 * bounded number of times, however the text is made.
 */
export function slackMarkdown(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const opens = text.indexOf('`', at);
    if (opens === -1) return out + marks(text.slice(at));
    const fence = text.startsWith('```', opens) ? '```' : '`';
    const closes = text.indexOf(fence, opens + fence.length);
    if (closes === -1) return out + marks(text.slice(at));
    const code = plainText(text.slice(opens + fence.length, closes));
    out += marks(text.slice(at, opens));
    out += fence === '`' ? `\`${code}\`` : `\n\`\`\`\n${code.replace(/^\n/, '').replace(/\n$/, '')}\n\`\`\`\n`;
    at = closes + fence.length;
  }
  return out;
}

/** A text outside of code. */
function marks(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const opens = text.indexOf('<', at);
    const closes = opens === -1 ? -1 : text.indexOf('>', opens);
    if (closes === -1) return out + emphasis(text.slice(at));
    out += emphasis(text.slice(at, opens)) + reference(text.slice(opens + 1, closes));
    at = closes + 1;
  }
  return out;
}

/** What stands between `<` and `>`. */
function reference(inner: string): string {
  const bar = inner.indexOf('|');
  const [target, words] = bar === -1 ? [inner, ''] : [inner.slice(0, bar), inner.slice(bar + 1)];
  if (target.startsWith('!')) {
    if (words) return words;
    const [name = ''] = target.slice(1).split('^');
    return `@${name}`;
  }
  if (target.startsWith('@')) return `@${words || target.slice(1)}`;
  if (target.startsWith('#')) return `#${words || target.slice(1)}`;
  const address = plainText(target);
  if (!/^(?:https?:\/\/|mailto:)[^\s<>]+$/.test(address)) return words ? `${words} (${target})` : `&lt;${target}&gt;`;
  return words ? `[${words.replaceAll(/[[\]]/g, String.raw`\$&`)}](<${address}>)` : `<${address}>`;
}

/** Slack escapes these three, and so may Markdown, except in code and addresses. */
function plainText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const doubled: Readonly<Record<string, string>> = { '*': '**', '~': '~~' };

/** `*bold*` and `~struck~` are written with two signs in Markdown. A sign opens before a word, and closes behind one in the same line. */
function emphasis(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const sign = text[at]!;
    const twice = doubled[sign];
    const closes = twice === undefined ? -1 : text.indexOf(sign, at + 1);
    if (twice !== undefined && closes > at + 1 && isPair(text, at, closes)) {
      out += `${twice}${text.slice(at + 1, closes)}${twice}`;
      at = closes + 1;
      continue;
    }
    // The next sign of this kind closes nothing either way: on to it at once.
    const next = twice !== undefined && closes > at ? closes : at + 1;
    out += text.slice(at, next);
    at = next;
  }
  return out;
}

function isPair(text: string, opens: number, closes: number): boolean {
  const inner = text.slice(opens + 1, closes);
  return (
    !isWord(text[opens - 1]) &&
    !isWord(text[closes + 1]) &&
    inner.trim() === inner &&
    !inner.includes('\n') &&
    text[closes + 1] !== text[closes]
  );
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
