import { createHash, timingSafeEqual } from 'node:crypto';
import { inCall } from '@parley/bus';
import { AppError } from '@parley/contracts';
import {
  addScimMembers,
  createScimGroup,
  deleteGroup,
  getScimGroup,
  listScimGroups,
  listScimMembers,
  removeScimMembers,
  renameGroup,
  setScimMembers,
  type ScimGroup,
} from '@parley/core/accounts/scim-groups';
import {
  changeScimUser,
  countScim,
  createScimUser,
  deleteScimUser,
  getScimUser,
  listScimUsers,
  type ScimPage,
  type ScimProvider,
  type ScimUser,
} from '@parley/core/accounts/scim-users';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callOf } from '../../call-of.js';
import { addressKey } from '../../limits/address-key.js';
import { readBodyText } from '../../read-body-text.js';
import type { SurfaceDeps } from '../../realtime/surface.js';
import { unavailableError } from '../../trpc-errors.js';
import { bearerToken } from '../session-guard.js';
import { ScimError, scimErrorBody } from './scim-error.js';
import { readFilter } from './scim-filter.js';
import { patched, readOperations, splitOperations } from './scim-patch-request.js';
import { groupSchemaId, membersSchema, parsed, readGroup, readUser, userSchemaId } from './scim-resources.js';
import { resourceTypes, schemas, serviceProviderConfig } from './scim-schemas.js';

const base = '/scim/v2';
/** A group's ten thousand members, and room for what clients say beside their ids. */
const maxScimBytes = 1_500_000;
/** The most resources of one answer. */
const maxResults = 200;
/** The most people that an answer names of one group. */
const maxShownMembers = 10_000;
/** So many resources at most are looked at for a filter that no index answers. */
const maxScanned = 20_000;

type Asked = FastifyRequest<{ Params: { id: string }; Querystring: Record<string, unknown> }>;
type Answer = { status?: number; location?: string; body?: object };

/**
 * SCIM 2.0 (RFC 7643, 7644): the provider says who is there and in which groups, and who is there no more. Its client proves itself by the
 * provider's `SCIM_TOKEN`, sees nobody but people of that provider, and can do nothing but what is here.
 */
export function scimRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  const { core, providers, calls, limits, limitRules, env } = services;
  const known = providers.all.flatMap(({ id, scimToken }) => (scimToken === undefined ? [] : [{ id, hash: sha256(scimToken) }]));

  return async (app) => {
    app.addContentTypeParser('application/scim+json', { parseAs: 'buffer' }, readBodyText);
    const options = { bodyLimit: maxScimBytes };
    const serve =
      (work: (provider: ScimProvider, request: Asked, at: string) => Promise<Answer> | Answer) =>
      async (request: Asked, reply: FastifyReply) =>
        answer(request, reply, work);

    app.get(
      `${base}/ServiceProviderConfig`,
      serve((_provider, _request, at) => ({ body: serviceProviderConfig(at, maxResults) })),
    );
    app.get(
      `${base}/ResourceTypes`,
      serve((_provider, _request, at) => ({ body: listOf(resourceTypes(at)) })),
    );
    app.get(
      `${base}/ResourceTypes/:id`,
      serve((_provider, request, at) => ({ body: oneOf(resourceTypes(at), request.params.id) })),
    );
    app.get(
      `${base}/Schemas`,
      serve((_provider, _request, at) => ({ body: listOf(schemas(at)) })),
    );
    app.get(
      `${base}/Schemas/:id`,
      serve((_provider, request, at) => ({ body: oneOf(schemas(at), request.params.id) })),
    );

    app.get(
      `${base}/Users`,
      serve(async (provider, { query }, at) => ({
        body: await page(
          query,
          ['userName', 'externalId', 'id'],
          (exact, paged) => listScimUsers(core, provider, exact, paged),
          (user) => userJson(user, at),
          async () => (await countScim(core, provider)).users,
        ),
      })),
    );
    app.post(
      `${base}/Users`,
      options,
      serve(async (provider, { body }, at) => {
        const user = userJson(await createScimUser(core, provider, readUser(jsonOf(body))), at);
        return { status: 201, location: user.meta.location, body: user };
      }),
    );
    app.get(
      `${base}/Users/:id`,
      serve(async (provider, request, at) => ({ body: userJson(await getScimUser(core, provider, idOf(request)), at) })),
    );
    app.put(
      `${base}/Users/:id`,
      options,
      serve(async (provider, request, at) => {
        const input = readUser(jsonOf(request.body));
        return { body: userJson(await changeScimUser(core, provider, { ...input, id: idOf(request) }), at) };
      }),
    );
    app.patch(
      `${base}/Users/:id`,
      options,
      serve(async (provider, request, at) => {
        const operations = readOperations(jsonOf(request.body));
        const before = await getScimUser(core, provider, idOf(request));
        const { meta: _meta, ...resource } = userJson(before, at);
        const input = readUser(patched(resource, operations));
        return { body: userJson(await changeScimUser(core, provider, { ...input, id: before.id }), at) };
      }),
    );
    app.delete(
      `${base}/Users/:id`,
      serve(async (provider, request) => {
        await deleteScimUser(core, provider, idOf(request));
        return { status: 204 };
      }),
    );

    app.get(
      `${base}/Groups`,
      serve(async (provider, { query }, at) => ({
        // Without their members, who may be many: the group itself has them.
        body: await page(
          query,
          ['displayName', 'externalId', 'id'],
          (exact, paged) => listScimGroups(core, provider, exact, paged),
          (group) => groupJson(group, null, at),
          async () => (await countScim(core, provider)).groups,
        ),
      })),
    );
    app.post(
      `${base}/Groups`,
      options,
      serve(async (provider, request, at) => {
        const body = jsonOf(request.body);
        const members = parsed(membersSchema, (body as { members?: unknown }).members ?? []);
        const made = await createScimGroup(core, provider, { ...readGroup(body), members });
        const group = await wholeGroup(provider, made.id, request, at);
        return { status: 201, location: group.meta.location, body: group };
      }),
    );
    app.get(
      `${base}/Groups/:id`,
      serve(async (provider, request, at) => ({ body: await wholeGroup(provider, idOf(request), request, at) })),
    );
    app.put(
      `${base}/Groups/:id`,
      options,
      serve(async (provider, request, at) => {
        const [body, id] = [jsonOf(request.body), idOf(request)];
        const members = parsed(membersSchema, (body as { members?: unknown }).members ?? []);
        await renameGroup(core, provider, { ...readGroup(body), id });
        await setScimMembers(core, provider, id, members);
        return { body: await wholeGroup(provider, id, request, at) };
      }),
    );
    app.patch(
      `${base}/Groups/:id`,
      options,
      serve(async (provider, request, at) => {
        const id = idOf(request);
        const { members, others } = splitOperations(readOperations(jsonOf(request.body)));
        const { displayName, externalId } = await getScimGroup(core, provider, id);
        if (others.length > 0)
          await renameGroup(core, provider, { ...readGroup(patched({ schemas: [groupSchemaId], displayName, externalId }, others)), id });
        for (const { how, members: some } of members) {
          if (how === 'add') await addScimMembers(core, provider, id, some);
          else if (how === 'remove') await removeScimMembers(core, provider, id, some);
          else await setScimMembers(core, provider, id, some);
        }
        return { body: await wholeGroup(provider, id, request, at) };
      }),
    );
    app.delete(
      `${base}/Groups/:id`,
      serve(async (provider, request) => {
        await deleteGroup(core, provider, idOf(request));
        return { status: 204 };
      }),
    );
  };

  /** @throws AppError UNAUTHENTICATED; RATE_LIMITED */
  async function proven(request: Asked): Promise<ScimProvider> {
    const token = bearerToken(request.headers.authorization) ?? '';
    const hash = sha256(token);
    // All of them are compared, whichever fits.
    const [provider] = known.filter((each) => timingSafeEqual(each.hash, hash));
    if (!provider || token === '') throw new AppError('UNAUTHENTICATED', 'Send the SCIM_TOKEN of a provider as “Authorization: Bearer …”.');
    await limits.consume(limitRules.refresh, `scim ${provider.id}`);
    return { id: provider.id, adminGroups: providers.adminGroups };
  }

  async function answer(
    request: Asked,
    reply: FastifyReply,
    work: (provider: ScimProvider, request: Asked, at: string) => Promise<Answer> | Answer,
  ): Promise<FastifyReply> {
    void reply.headers({ 'cache-control': 'no-store', 'x-correlation-id': request.id }).type('application/scim+json; charset=utf-8');
    try {
      const provider = await proven(request);
      const at = `${env.PUBLIC_ORIGINS[0]?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`}${base}`;
      const {
        status = 200,
        location,
        body,
      } = await inCall(callOf(request, addressKey(request.ip)), () => calls.run(async () => work(provider, request, at)));
      if (location !== undefined) void reply.header('location', location);
      return await reply.code(status).send(body && JSON.stringify(shown(body, request.query)));
    } catch (error) {
      const told = AppError.is(error) || error instanceof ScimError ? error : (unavailableError(error) ?? new AppError('INTERNAL'));
      if (AppError.is(told, 'INTERNAL')) reportError(error, { operation: 'scim', correlationId: request.id });
      if (AppError.is(told))
        services.refusals.noteError(told, { address: addressKey(request.ip), operation: 'scim', correlationId: request.id });
      const { status, body } = scimErrorBody(told);
      return reply.code(status).send(JSON.stringify(body));
    }
  }

  async function wholeGroup(provider: ScimProvider, id: string, { query }: Asked, at: string) {
    const group = await getScimGroup(core, provider, id);
    if (namesOf(query['excludedAttributes']).has('members')) return groupJson(group, null, at);
    const members: { id: string; userName: string }[] = [];
    while (members.length < maxShownMembers) {
      const some = await listScimMembers(core, provider, id, { after: members.at(-1)?.id ?? null, limit: 500 });
      members.push(...some);
      if (some.length < 500) break;
    }
    return groupJson(group, members, at);
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function jsonOf(body: unknown): unknown {
  try {
    const read: unknown = JSON.parse(typeof body === 'string' ? body : '');
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read;
  } catch {
    // Said below.
  }
  throw new ScimError(400, 'invalidSyntax', 'The body must be a JSON object, in application/scim+json.');
}

function idOf({ params }: Asked): string {
  const id = z.uuid().toLowerCase().safeParse(params.id);
  if (!id.success) throw new ScimError(404, undefined, 'There is no such resource.');
  return id.data;
}

function userJson({ id, userName, externalId, active, resource, created, changed }: ScimUser, at: string) {
  return {
    ...resource,
    schemas: [userSchemaId],
    id,
    ...(externalId !== null && { externalId }),
    userName,
    active,
    meta: { resourceType: 'User', created, lastModified: changed, location: `${at}/Users/${id}` },
  };
}

function groupJson(
  { id, displayName, externalId, created, changed }: ScimGroup,
  members: { id: string; userName: string }[] | null,
  at: string,
) {
  return {
    schemas: [groupSchemaId],
    id,
    ...(externalId !== null && { externalId }),
    displayName,
    ...(members && { members: members.map((each) => ({ value: each.id, display: each.userName, $ref: `${at}/Users/${each.id}` })) }),
    meta: { resourceType: 'Group', created, lastModified: changed, location: `${at}/Groups/${id}` },
  };
}

function listOf(all: readonly object[], total = all.length, startIndex = 1) {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: all.length,
    Resources: all,
  };
}

function oneOf(all: readonly { id: string }[], id: string): object {
  const found = all.find((each) => each.id === id);
  if (!found) throw new ScimError(404, undefined, 'There is no such resource.');
  return found;
}

const pageSchema = z.object({
  startIndex: z.coerce
    .number()
    .int()
    .catch(1)
    .transform((value) => Math.max(1, value)),
  count: z.coerce
    .number()
    .int()
    .catch(100)
    .transform((value) => Math.min(maxResults, Math.max(0, value))),
});

/** A page of what fits the filter, by SCIM's own numbers, which begin with 1. */
async function page<Row extends { id: string }>(
  query: Record<string, unknown>,
  indexed: readonly string[],
  list: (exact: Record<string, string>, paged: ScimPage) => Promise<Row[]>,
  json: (row: Row) => object,
  countAll: () => Promise<number>,
): Promise<object> {
  const { startIndex, count } = pageSchema.parse(query);
  const { exact, fits } = readFilter(query['filter'], indexed);
  if (!fits && Object.keys(exact).length === 0) {
    const rows = count === 0 ? [] : await list(exact, { after: null, skip: startIndex - 1, limit: count });
    return listOf(rows.map(json), await countAll(), startIndex);
  }
  const found: object[] = [];
  let [total, scanned] = [0, 0];
  for (let after: string | null = null; ;) {
    const rows = await list(exact, { after, limit: 500 });
    for (const row of rows) {
      const resource = json(row);
      if (fits && !fits(resource)) continue;
      total++;
      if (total >= startIndex && found.length < count) found.push(resource);
    }
    scanned += rows.length;
    after = rows.at(-1)?.id ?? null;
    if (after === null || rows.length < 500) return listOf(found, total, startIndex);
    if (fits && scanned >= maxScanned)
      throw new ScimError(400, 'tooMany', 'filter: too many resources to look at. Ask for userName, displayName or externalId by “eq”.');
  }
}

function namesOf(value: unknown): Set<string> {
  return new Set(typeof value === 'string' ? value.split(',').map((name) => name.trim()) : []);
}

/** The attributes of a resource that the client asked for; those that say what it is are always there. */
function shown(body: object, query: Record<string, unknown>): object {
  const [wanted, unwanted] = [namesOf(query['attributes']), namesOf(query['excludedAttributes'])];
  if (wanted.size === 0 && unwanted.size === 0) return body;
  const always = new Set(['schemas', 'id', 'meta']);
  const only = (resource: object) =>
    Object.fromEntries(
      Object.entries(resource).filter(([key]) => always.has(key) || ((wanted.size === 0 || wanted.has(key)) && !unwanted.has(key))),
    );
  return 'Resources' in body ? { ...body, Resources: (body.Resources as object[]).map(only) } : only(body);
}
