const id = '[\\da-f]{8}-[\\da-f]{4}-[\\da-f]{4}-[\\da-f]{4}-[\\da-f]{12}';
/** What the page's *Copy link* gives, from its path on; its end alone, which a text may link to; or the id alone. */
const link = new RegExp(`^(?:(?:https?://[^\\s/]{1,300})?/rooms/${id}(?:\\?at=\\d{1,10})?#message-|#?message-)?(${id})$`, 'i');

/** The id of the message that a link opens, in lower case; null for any other text. */
export function messageOfLink(text: string): string | null {
  return link.exec(text)?.[1]?.toLowerCase() ?? null;
}
