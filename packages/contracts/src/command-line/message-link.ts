/** What the page's *Copy link* gives; its end alone, to which a text may link; or the id alone. */
const link =
  /^(?:(?:https?:\/\/[^\s/]{1,300})?\/rooms\/[\da-f-]{36}(?:\?at=\d{1,10})?#message-|#?message-)?([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/i;

/** The id of the message that a link opens, in lower case; null for any other text. */
export function messageOfLink(text: string): string | null {
  return link.exec(text)?.[1]?.toLowerCase() ?? null;
}
