import {
  chatEventSchemas,
  inboxEventSchema,
  maxSessionIdLength,
  operationNamed,
  operations,
  roomEventSchema,
  roomsImportOutput,
  type Operation,
  type OperationName,
  type RoomRole,
} from '@parley/contracts';
import { z } from 'zod';
import { declaredOutputs } from '../answers/declared.js';
import { appRouter } from '../app-router.js';
import { httpErrorSchema } from '../http-errors.js';
import { exampleOf, exampleOfInput } from './examples.js';
import { fieldsOf } from './input-fields.js';
import { isPaged, maxPage } from './list-page.js';
import { JsonSchemas, type JsonSchema } from './json-schemas.js';
import { restEndpoints, type RestEndpoint } from './rest-address.js';
import { inputSchemaOf } from './serve-endpoint.js';

export interface OpenApi {
  openapi: '3.1.0';
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, JsonSchema>; [kind: string]: unknown };
  [part: string]: unknown;
}

export interface OpenApiOperation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters?: OpenApiParameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema; example?: unknown }> };
  responses: Record<string, { $ref: string } | OpenApiResponse>;
  security?: Record<string, string[]>[];
}

export interface OpenApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
  example?: unknown;
}

interface OpenApiResponse {
  description: string;
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, { schema: JsonSchema; example?: unknown }>;
}

/** The description of REST (OpenAPI 3.1), made of the table of operations and of the schemas of the procedures. */
export function openApi(): OpenApi {
  const schemas = new JsonSchemas();
  const outputs = declaredOutputs(appRouter);
  schemas.components['Problem'] = schemas.write(httpErrorSchema);
  const paths: OpenApi['paths'] = {};
  const add = (path: string, method: string, operation: OpenApiOperation) => {
    (paths[path] ??= {})[method.toLowerCase()] = operation;
  };
  for (const endpoint of restEndpoints()) {
    add(endpoint.path, endpoint.method, described(endpoint, schemas, outputs.get(endpoint.name)!));
  }
  for (const { name, path } of eventStreams) add(path, 'GET', describedStream(name, schemas));
  for (const name of Object.keys(operations) as OperationName[]) {
    const { route } = operationNamed(name);
    if (!route || name === 'chat.events') continue;
    const [method, url] = route.split(' ') as [string, string];
    add(url.replaceAll(/:(\w+)/g, '{$1}'), method, describedFile(name, method, url, schemas));
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: '1',
      description:
        'Everything that a person can do in the page. Send an access token or a key as `Authorization: Bearer …`. Errors are problems of RFC 9457 with a `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(({ tags }) => tags)))].map((name) => ({
      name,
    })),
    paths,
    components: {
      schemas: schemas.components,
      responses: {
        Problem: {
          description: 'What went wrong, and what to do.',
          headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
        NotModified: { description: 'You have it: it is what the tag in If-None-Match stands for.' },
      },
      headers,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token, as signing in gives it, or a key (`parley_…`) with the scope that the operation names.',
        },
      },
    },
  };
}

const text: JsonSchema = { type: 'string' };
const headers = {
  RateLimit: {
    description: 'Calls that are left, and in how many seconds all are there again.',
    schema: text,
    example: '"send";r=299;t=10',
  },
  RateLimitPolicy: { description: 'Calls that are allowed, and in how many seconds.', schema: text, example: '"send";q=300;w=10' },
  ETag: { description: 'Stands for this very answer. Send it as If-None-Match to be told that nothing changed.', schema: text },
  RetryAfter: { description: 'Seconds after which to come back.', schema: { type: 'integer' } },
};

function described(endpoint: RestEndpoint, schemas: JsonSchemas, output: z.ZodType): OpenApiOperation {
  const { name, method, status, isAlias } = endpoint;
  const row = operationNamed(name);
  const reads = method === 'GET';
  const answer = schemas.write(output);
  const { parameters, body } = asked(endpoint, schemas);
  const versioned = method === 'PATCH' && fieldsOf(inputSchemaOf(name))?.has('ifVersion');
  const all = [
    ...parameters,
    ...(isPaged(name) && reads ? pageParameters : []),
    ...(versioned ? [ifMatch] : []),
    ...(method === 'POST' && !row.scope.endsWith(':read') && row.who !== 'anyone' ? [idempotencyKey] : []),
  ];
  return {
    operationId: isAlias ? `${name}.alias` : name === operationIdOwner(endpoint) ? name : `${name}.${method.toLowerCase()}`,
    ...sentences(row, isAlias ? `The same as the first address of ${name}.` : null),
    tags: [name.split('.')[0]!],
    ...(all.length > 0 && { parameters: all }),
    ...(body && {
      requestBody: {
        required: (body.required ?? []).length > 0 || body.anyOf !== undefined,
        content: { 'application/json': { schema: body, example: exampleOfInput(name, body, schemas.components) } },
      },
    }),
    responses: {
      [status]: {
        description: row.does,
        headers: {
          ...(reads && { ETag: { $ref: '#/components/headers/ETag' } }),
          ...(row.limit !== null && {
            RateLimit: { $ref: '#/components/headers/RateLimit' },
            'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
          }),
        },
        content: { 'application/json': { schema: answer, example: exampleOf(answer, schemas.components) } },
      },
      ...(reads && { 304: { $ref: '#/components/responses/NotModified' } }),
      default: { $ref: '#/components/responses/Problem' },
    },
    ...(row.who === 'anyone' && { security: [] }),
  };
}

/** The procedure's name stands for its first address; others of it have the method behind. */
function operationIdOwner({ name, method }: RestEndpoint): string | null {
  const first = restEndpoints().find((endpoint) => endpoint.name === name)!;
  return first.method === method ? name : null;
}

const pageParameters: OpenApiParameter[] = [
  {
    name: 'limit',
    in: 'query',
    required: false,
    description: 'The most entries of a page. Without it the answer is the whole list.',
    schema: { type: 'integer', minimum: 1, maximum: maxPage },
  },
  {
    name: 'after',
    in: 'query',
    required: false,
    description: 'The cursor that the header `Link` of the page before has in the address of the next.',
    schema: { type: 'string', maxLength: 200 },
  },
];

const ifMatch: OpenApiParameter = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The ETag of what you read: if it was changed since, it stays as it is, and the answer is 412.',
  schema: { type: 'string', minLength: 1, maxLength: 1000 },
};

const idempotencyKey: OpenApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A text of your choice, new for each request: repeated with it, the request is done once, and answered alike for a day.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

/** Where the fields of the input go: into the path, the query or the body. */
function asked(
  { name, method, params, fixed }: RestEndpoint,
  schemas: JsonSchemas,
): { parameters: OpenApiParameter[]; body: JsonSchema | null } {
  const schema = inputSchemaOf(name);
  if (!schema) return { parameters: [], body: null };
  const input = schemas.writeInput(schema);
  // The sender's own id of a message is made of the Idempotency-Key, or anew.
  const optional = operationNamed(name).repeat === 'byClientId' ? ['clientId'] : [];
  const inPath: OpenApiParameter[] = params.map((param) => ({
    name: param,
    in: 'path',
    required: true,
    schema: input.properties![param]!,
  }));
  const rest = without(input, [...params, ...Object.keys(fixed)], optional);
  const fields = Object.entries(rest.properties ?? {});
  if (method === 'GET' || method === 'DELETE') {
    const inQuery = fields.map(([field, inner]): OpenApiParameter => ({
      name: field,
      in: 'query',
      required: rest.required?.includes(field) ?? false,
      schema: inner,
    }));
    return { parameters: [...inPath, ...inQuery], body: null };
  }
  return { parameters: inPath, body: fields.length > 0 || rest.anyOf ? rest : null };
}

/** An object's schema without these fields, that takes no others than it names. */
function without(schema: JsonSchema, fields: readonly string[], optional: readonly string[]): JsonSchema {
  if (schema.anyOf) return { ...schema, anyOf: schema.anyOf.map((option) => without(option, fields, optional)) };
  const properties = Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([field]) => !fields.includes(field)));
  const required = (schema.required ?? []).filter((field) => !fields.includes(field) && !optional.includes(field));
  return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

function sentences(row: Operation, alias: string | null): Pick<OpenApiOperation, 'summary' | 'description'> {
  return { summary: row.does, description: [alias, whoMay(row), scopeOf(row)].filter(Boolean).join(' ') };
}

const membersOf: Record<RoomRole, string> = {
  member: 'For members of the room.',
  moderator: 'For the room’s moderators and owners.',
  owner: 'For the room’s owners.',
};

function whoMay(row: Operation): string {
  switch (row.who) {
    case 'anyone':
      return 'For everyone.';
    case 'user':
      return 'For whoever is signed in.';
    case 'admin':
      return 'For admins of the server.';
    case 'maker':
      return row.orAdmin ? 'For whoever made it, and admins.' : 'For whoever made it.';
    case 'invited':
      return 'For whoever is invited to the room.';
    case 'reader':
      return 'For whoever can see the room.';
    case 'room':
      return membersOf[row.role];
    case 'self':
      return row.orRoomRole ? 'For whose it is, and the room’s moderators.' : 'For whose it is.';
  }
}

function scopeOf({ who, scope }: Operation): string | null {
  if (who === 'anyone') return null;
  return scope === 'account' ? 'Not for keys.' : `A key needs the scope \`${scope}\`.`;
}

/** Operations that are streams of server-sent events, with their addresses: the surfaces `sse` and `chat` serve them. */
export const eventStreams = [
  { name: 'rooms.events', path: '/api/rooms/{roomId}/events' },
  { name: 'inbox.events', path: '/api/inbox/events' },
  { name: 'chat.events', path: '/api/sse' },
] as const;

type StreamName = (typeof eventStreams)[number]['name'];

const inQuery = (name: string, more: Partial<OpenApiParameter> = {}): OpenApiParameter => ({
  name,
  in: 'query',
  required: false,
  schema: text,
  ...more,
});
const lastEventId: OpenApiParameter = { name: 'Last-Event-ID', in: 'header', required: false, schema: text };
const ticket = inQuery('ticket', { description: 'Instead of a token, from `POST /api/stream-tickets`.' });

/** What each stream is asked by, and what the data of its events are. */
const streams: Record<StreamName, { parameters: readonly OpenApiParameter[]; event: z.ZodType }> = {
  'rooms.events': {
    parameters: [
      { name: 'roomId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
      inQuery('after', { schema: { type: 'integer', minimum: 0 } }),
      lastEventId,
      ticket,
    ],
    event: roomEventSchema,
  },
  'inbox.events': { parameters: [ticket], event: inboxEventSchema },
  'chat.events': {
    parameters: [
      inQuery('session_id', { required: true, schema: { ...text, minLength: 1, maxLength: maxSessionIdLength } }),
      inQuery('user_id', { description: 'The caller, by id or username.' }),
      lastEventId,
      ticket,
      inQuery('token', { description: 'An access token, a key or a ticket, for programs that can send no headers.' }),
    ],
    event: z.union(Object.values(chatEventSchemas)),
  },
};

function describedStream(name: StreamName, schemas: JsonSchemas): OpenApiOperation {
  const row = operationNamed(name);
  const { parameters, event } = streams[name];
  return {
    operationId: name,
    ...sentences(row, 'Server-sent events; the data of each is one event as JSON.'),
    tags: [name.split('.')[0]!],
    parameters: [...parameters],
    responses: {
      200: { description: row.does, content: { 'text/event-stream': { schema: schemas.write(event) } } },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function describedFile(name: OperationName, method: string, url: string, schemas: JsonSchemas): OpenApiOperation {
  const row = operationNamed(name);
  const lines = { 'application/x-ndjson': { schema: { type: 'string', description: 'One JSON value a line.' } } };
  const parameters = [...url.matchAll(/:(\w+)/g)].map(([, param]): OpenApiParameter => ({
    name: param!,
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  }));
  const sends = method === 'POST';
  return {
    operationId: name,
    ...sentences(row, null),
    tags: [name.split('.')[0]!],
    ...(parameters.length > 0 && { parameters }),
    ...(sends && { requestBody: { required: true, content: lines } }),
    responses: {
      [sends ? 201 : 200]: {
        description: row.does,
        content: sends ? { 'application/json': { schema: schemas.write(roomsImportOutput) } } : lines,
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}
