import { ModelError } from '../model-errors.js';
import { adaptingFetch } from './adapting-fetch.js';
import { normaliseBody } from './normalise-body.js';
import type { WireProtocol } from './wire-protocol.js';
import { sentError } from './wire-values.js';

/** The address of a server of the operator's own. */
export interface ServerAddress {
  /** As the operator wrote it, without a slash at its end. */
  baseUrl: string;
  /** What stands at the end of most addresses of this protocol, such as `/v1`. */
  version: string;
  /** The variable that holds the address. */
  variable: string;
}

/** The most bytes read of a response that refuses the call. Errors are short; pages of proxies are not worth reading. */
const maxErrorBytes = 64 * 1024;

/**
 * Makes the `fetch` that an SDK calls its provider with: whatever the server sends, the SDK gets answers and errors in the form of its
 * own protocol. If a model refuses a parameter, the call is repeated as the model takes it. If an address lacks the version, or has one too many, the call finds that out and later calls know it.
 *
 * @param address the operator's own server; null for the provider's. The SDK must be given `baseUrl` as it is
 * @throws (the fetch) ModelError MODEL_UNAVAILABLE that names the address, if nothing there speaks the protocol
 */
export function providerFetch(protocol: WireProtocol, address: ServerAddress | null): typeof fetch {
  let known: string | null = null;
  const reach = adaptingFetch(protocol.adaptations, async (response) => {
    const text = await errorText(response);
    return { message: sentError(parsed(text))?.message ?? '', response: withBody(response, text) };
  });
  return async (input, init) => {
    const asked = input instanceof Request ? input.url : String(input);
    if (address === null || !asked.startsWith(address.baseUrl)) return normalised(await reach(input, init), protocol);
    const rest = asked.slice(address.baseUrl.length);
    const bases = known === null ? basesOf(address) : [known];
    for (const base of bases) {
      const response = await reach(base + rest, init);
      const answered = await isOfServer(response, known !== null);
      if (answered === null) continue;
      // A proxy's 502 says nothing of what is behind it.
      if (answered.ok) known = base;
      return normalised(answered, protocol);
    }
    throw new ModelError(
      'MODEL_UNAVAILABLE',
      `No model server answers at ${withoutSecrets(bases[0]! + rest)}. Check ${address.variable} on the server.`,
    );
  };
}

/** Where the server may be: with the version first where the address is only a host, else as it is written first. */
export function basesOf({ baseUrl, version }: ServerAddress): string[] {
  const { pathname } = new URL(baseUrl);
  if (/^v\d[a-z0-9]{0,20}$/.test(pathname.slice(pathname.lastIndexOf('/') + 1))) return [baseUrl];
  return pathname === '/' ? [baseUrl + version, baseUrl] : [baseUrl, baseUrl + version];
}

/**
 * The response, if it comes from a server that speaks to models; null where there is nothing at this path, or a page for people. A model
 * that the server does not know is 404 too, but then the error says so.
 */
async function isOfServer(response: Response, isKnown: boolean): Promise<Response | null> {
  if (response.headers.get('content-type')?.startsWith('text/html') && response.ok) {
    await response.body?.cancel();
    return null;
  }
  if (isKnown || (response.status !== 404 && response.status !== 405)) return response;
  const text = await errorText(response);
  const said = response.status === 404 ? sentError(parsed(text))?.message : undefined;
  return said === undefined || noSuchPath.test(said) ? null : withBody(response, text);
}

/** What servers say where they have nothing at a path: FastAPI, Express, OpenAI, Azure, LM Studio. Of a model they say more. */
const noSuchPath =
  /^(?:resource )?not found\W*$|no such path|cannot post|page not found|no route|invalid url|request url|unexpected endpoint/i;

async function normalised(response: Response, protocol: WireProtocol): Promise<Response> {
  if (response.ok) return response.body ? withBody(response, normaliseBody(response.body, protocol)) : response;
  const text = await errorText(response);
  const value = parsed(text);
  const error = sentError(value);
  // The SDK keeps the text of an error that it does not understand, so keep what else the server said there: how long to wait.
  return withBody(response, error === null ? text : JSON.stringify({ ...protocol.errorBody(error), said: value }));
}

function withBody(response: Response, body: string | ReadableStream<Uint8Array>): Response {
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const name of ['content-length', 'content-encoding']) headers.delete(name);
  return new Response(body, { status, statusText, headers });
}

async function errorText({ body }: Response): Promise<string> {
  if (!body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (bytes >= maxErrorBytes) break;
  }
  return text;
}

/** The value that a JSON text stands for; null where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The address without a name, a password or a query, any of which may be secret. */
function withoutSecrets(address: string): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}
