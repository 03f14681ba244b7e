import { exampleOf } from './examples.js';
import type { JsonSchema } from './json-schemas.js';
import type { OpenApi, OpenApiOperation, OpenApiParameter } from './openapi.js';

/** What the page needs besides its own origin's styles: nothing. It has no script. */
export const referencePolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const titles: Record<string, string> = {
  auth: 'Signing in',
  users: 'People',
  keys: 'Keys',
  bots: 'Bots',
  rooms: 'Rooms',
  characters: 'Characters',
  messages: 'Messages',
  replies: 'Replies',
  commands: 'Commands',
  inbox: 'Inbox',
  streamTickets: 'Tickets for streams',
};

interface Entry {
  path: string;
  method: string;
  operation: OpenApiOperation;
}

/** The document as a page for people: every operation with its fields, an example as a command, and an answer. */
export function referencePage(document: OpenApi): string {
  const { components } = document;
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Entry => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(entries.flatMap(({ operation }) => operation.tags))];
  const of = (tag: string) => entries.filter(({ operation }) => operation.tags.includes(tag));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Parley: REST</title>
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<nav aria-label="Contents"><a class="name" href="/">Parley</a>
<ul>${tags.map((tag) => `<li><a href="#${escape(tag)}">${escape(titles[tag] ?? tag)}</a></li>`).join('')}</ul></nav>
<main>
<h1>REST</h1>
<p>${inline((document['info'] as { description: string }).description)} The same as data: <a href="/api/openapi.json">openapi.json</a>.</p>
${tags
  .map(
    (tag) =>
      `<section id="${escape(tag)}"><h2>${escape(titles[tag] ?? tag)}</h2>${of(tag)
        .map((entry) => article(entry, components.schemas))
        .join('\n')}</section>`,
  )
  .join('\n')}
</main>
</body>
</html>
`;
}

function article({ path, method, operation }: Entry, schemas: Record<string, JsonSchema>): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const body = requestBody && Object.values(requestBody.content)[0];
  const fields = [
    ...parameters.map((parameter) => field(parameter.name, parameter.schema, parameter.required, placeOf(parameter))),
    ...fieldsOf(body?.schema, schemas).map(([name, schema, required]) => field(name, schema, required, 'body')),
  ];
  const [status, answer] = Object.entries(responses).find(([code]) => code.startsWith('2')) ?? [];
  const [type, content] = answer && 'content' in answer ? (Object.entries(answer.content ?? {})[0] ?? []) : [];
  const example = content?.example ?? (content?.schema.$ref ? exampleOf(content.schema, schemas) : undefined);
  return `<details id="${escape(operationId)}">
<summary><span class="method ${method.toLowerCase()}">${method}</span> <code class="path">${escape(path).replaceAll('/', '/<wbr>')}</code> <span class="does">${escape(summary)}</span></summary>
<div class="inside">
<p>${inline(description)}</p>
${fields.length > 0 ? `<table><thead><tr><th>Field</th><th>In</th><th>Holds</th></tr></thead><tbody>${fields.join('')}</tbody></table>` : ''}
<pre tabindex="0"><code>${escape(command(method, path, parameters, body?.example, operation.security?.length === 0))}</code></pre>
<p>Answers ${escape(status ?? '')}${type && type !== 'application/json' ? ` with <code>${escape(type)}</code>` : ''}${example === undefined ? '.' : ', for example:'}</p>
${example === undefined ? '' : `<pre tabindex="0"><code>${escape(JSON.stringify(example, null, 2))}</code></pre>`}
</div>
</details>`;
}

function placeOf({ in: place }: OpenApiParameter): string {
  return place === 'path' ? 'address' : place;
}

function field(name: string, schema: JsonSchema, required: boolean, place: string): string {
  const holds = [typeOf(schema), ...boundsOf(schema), ...(required ? [] : ['optional'])].join(', ');
  return `<tr><th scope="row"><code>${escape(name)}</code></th><td>${escape(place)}</td><td>${escape(holds)}</td></tr>`;
}

function fieldsOf(
  schema: JsonSchema | undefined,
  schemas: Record<string, JsonSchema>,
): [name: string, schema: JsonSchema, required: boolean][] {
  if (!schema) return [];
  if (schema.$ref) return fieldsOf(schemas[schema.$ref.split('/').at(-1)!], schemas);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap((option) => fieldsOf(option, schemas)).map(([name, inner]) => [name, inner, false]);
  return Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, inner, schema.required?.includes(name) ?? false]);
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1)!;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map(typeOf).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'values'}`;
  if (schema.format === 'uuid') return 'id (UUID)';
  if (schema.format === 'date-time') return 'instant (ISO 8601)';
  return String(schema.type ?? 'any value');
}

function boundsOf({ minimum, maximum, minLength, maxLength, maxItems, default: usual }: JsonSchema): string[] {
  return [
    ...(minimum !== undefined && minimum !== 0 ? [`at least ${minimum}`] : []),
    ...(maximum !== undefined ? [`at most ${maximum}`] : []),
    ...(minLength !== undefined && minLength > 0 ? [`at least ${minLength} long`] : []),
    ...(maxLength !== undefined ? [`at most ${maxLength} long`] : []),
    ...(maxItems !== undefined ? [`at most ${maxItems} of them`] : []),
    ...(usual !== undefined ? [`else ${JSON.stringify(usual)}`] : []),
  ];
}

/** The call as a command that can be pasted. */
function command(method: string, path: string, parameters: OpenApiParameter[], body: unknown, open: boolean): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`);
  const wanted = parameters.filter((parameter) => parameter.in === 'query' && parameter.required).map(({ name }) => `${name}=…`);
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}"$PARLEY${filled}${wanted.length > 0 ? `?${wanted.join('&')}` : ''}"`,
    ...(open ? [] : ['-H "authorization: Bearer $TOKEN"']),
    ...(body === undefined
      ? []
      : [`-H 'content-type: application/json'`, `-d '${JSON.stringify(body).replaceAll("'", String.raw`'\''`)}'`]),
  ];
  return lines.join(' \\\n  ');
}

/** Text with code between backticks. */
function inline(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
