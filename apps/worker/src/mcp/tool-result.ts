import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { cutText } from '@parley/contracts';
import { isNestedDeeper } from '@parley/core/is-nested-deeper';
import type { ToolResult } from '@parley/core/replies/tools/reply-tool';
import { saidBy } from './mcp-problem.js';

/** The most that is read of a result, in UTF-16 units: as much as is kept of one. */
const maxLength = 32_000;
/** How many parts of a result are read. */
const maxParts = 50;
/** How deep the lists and objects of a result may stand within each other: JSON of some thousand overflows the stack. */
const maxNesting = 100;

/** What a tool of a server answered, as a text. Of what is no text it says what it is. */
export function toolResultOf({ content, structuredContent, isError = false }: CallToolResult): ToolResult {
  const parts = content.slice(0, maxParts).map(textOf);
  if (content.length > maxParts) parts.push(`[${content.length - maxParts} more parts, left out]`);
  if (!content.some(({ type }) => type === 'text') && structuredContent) parts.push(written(structuredContent));
  const text = cutText(parts.filter((part) => part !== '').join('\n'), maxLength);
  return { finding: { kind: 'text', text: text === '' ? 'It gave nothing.' : text }, ...(isError ? { failed: true as const } : {}) };
}

function written(found: object): string {
  return isNestedDeeper(found, maxNesting) ? '[an object that is nested too deeply, left out]' : JSON.stringify(found);
}

function textOf(part: CallToolResult['content'][number]): string {
  switch (part.type) {
    case 'text':
      return part.text.slice(0, maxLength + 1);
    case 'image':
    case 'audio':
      return leftOut(part.type, part.mimeType, part.data);
    case 'resource':
      return 'text' in part.resource
        ? part.resource.text.slice(0, maxLength + 1)
        : leftOut('file', part.resource.mimeType ?? 'unknown', part.resource.blob);
    case 'resource_link':
      return `[${saidBy(part.name, 100)}: ${saidBy(part.uri, 500)}]`;
  }
}

/** @param data in base64 */
function leftOut(what: string, type: string, data: string): string {
  return `[${what} (${saidBy(type, 60)}, ${Math.ceil((data.length * 3) / 4 / 1024)} kB), left out]`;
}
