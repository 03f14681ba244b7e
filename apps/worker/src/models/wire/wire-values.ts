/** Reading values that a provider sent, of which nothing is certain. */

export type Fields = Record<string, unknown>;

/** The object's fields; none where the value is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The items of a list; none where the value is no list. */
export function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that says something; null for anything else. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A count, also where it is written as a text; 0 for anything else, which counts as not said. */
export function countOf(value: unknown): number {
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** An error that a server sent, in whatever form. */
export interface SentError {
  message: string;
  type?: string;
  /** A status of HTTP, or the provider's word. */
  code?: number | string;
}

/** The longest part of an error's text that is kept, in UTF-16 units. */
const maxErrorUnits = 1_000;

/**
 * The error in what a server sent; null if there is none. Known forms: `{error: {message, …}}` of most, `{error: "…"}` of Ollama,
 * `{object: "error", message, …}` of vLLM, `{detail: …}` of FastAPI, `{message, status}` of proxies.
 */
export function sentError(value: unknown): SentError | null {
  const fields = fieldsOf(value);
  const { error, detail } = fields;
  if (typeof error === 'object' && error !== null && Object.keys(error).length > 0) return errorOf(fieldsOf(error), error);
  if (typeof error === 'string' && error !== '') return errorOf({ ...fields, message: error }, error);
  if (error === true || fields['object'] === 'error' || fields['type'] === 'error') return errorOf(fields, fields['message'] ?? 'an error');
  if (detail !== undefined && detail !== null) return errorOf({ ...fields, message: detailText(detail) }, detail);
  const said = textOf(fields['message']);
  const code = codeOf(fields);
  return said !== null && typeof code === 'number' && code >= 400 && code < 600 ? errorOf(fields, said) : null;
}

function errorOf(fields: Fields, whole: unknown): SentError {
  const message = textOf(fields['message']) ?? JSON.stringify(whole);
  const type = textOf(fields['type']);
  const code = codeOf(fields);
  return { message: message.slice(0, maxErrorUnits), ...(type === null ? {} : { type }), ...(code === undefined ? {} : { code }) };
}

function codeOf(fields: Fields): number | string | undefined {
  for (const name of ['code', 'status', 'status_code']) {
    const count = countOf(fields[name]);
    if (count > 0) return count;
    const text = textOf(fields[name]);
    if (text !== null) return text;
  }
  return undefined;
}

/** FastAPI's `detail` is a text or a list of mistakes; each of these may repeat the request, so only its message is kept. */
function detailText(detail: unknown): string {
  if (!Array.isArray(detail)) return textOf(detail) ?? textOf(fieldsOf(detail)['message']) ?? 'the request was refused';
  return detail.map((item) => textOf(fieldsOf(item)['msg']) ?? 'a mistake').join('; ');
}
