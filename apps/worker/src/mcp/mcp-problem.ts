/** Why an MCP server cannot be used, or did not do what it was asked. */
export class McpProblem extends Error {
  override readonly name = 'McpProblem';
  /** For admins: with addresses and names that rooms are not told. */
  readonly detail: string;
  /** True where the connection is of no use any more. */
  readonly ends: boolean;
  /** True where the server does not know the session that was named, so it did nothing. */
  readonly forgotten: boolean;

  /** @param message a sentence for the room that names no address */
  constructor(message: string, options: { detail?: string; ends?: boolean; forgotten?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.detail = options.detail ?? message;
    this.ends = options.ends ?? false;
    this.forgotten = options.forgotten ?? false;
  }
}

/** A text of a server within one of our sentences: on one line, without what nobody sees, and not for long. */
export function saidBy(text: string, maxLength = 300): string {
  const line = text
    .slice(0, 4 * maxLength)
    .replace(/[\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return (line.length > maxLength ? `${line.slice(0, maxLength)}…` : line).toWellFormed();
}
