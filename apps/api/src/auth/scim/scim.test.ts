import { Prisma } from '@parley/db';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../testing/test-api.js';

const token = 'a-scim-token-of-the-company-0123456789';
const otherToken = 'a-scim-token-of-the-partner-0123456789';
const provider = (id: string, more: Record<string, string>) =>
  Object.fromEntries(
    Object.entries({ ISSUER: 'https://login.example.org', CLIENT_ID: 'parley', ...more }).map(([name, value]) => [
      `OIDC_${id}_${name}`,
      value,
    ]),
  );

interface Resource {
  id: string;
  active: boolean;
  detail: string;
  scimType: string;
  totalResults: number;
  Resources: (Record<string, unknown> & { id: string })[];
  members?: { value: string }[];
}

describe('SCIM', () => {
  let world: TestApi;
  let n = 0;
  beforeAll(async () => {
    world = await createTestApi({
      ...provider('COMPANY', { SCIM_TOKEN: token, ADMIN_GROUPS: 'Operators' }),
      ...provider('PARTNER', { SCIM_TOKEN: otherToken }),
    });
    await world.register('first');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function call(method: string, path: string, body?: unknown, proof = token) {
    const response = await fetch(`${world.api.url}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${proof}`, 'content-type': 'application/scim+json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Resource & Record<string, unknown>,
    };
  }
  const user = (more: object = {}) => {
    n++;
    return {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: `Eve${n}@example.com`,
      externalId: `external-${n}`,
      name: { givenName: 'Eve', familyName: `Example ${n}` },
      emails: [{ value: `eve${n}@example.com`, primary: true }],
      active: true,
      ...more,
    };
  };
  const patch = (...Operations: object[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
  const accountOf = async (id: string) => {
    const [row] = await world.database.db.$queryRaw<
      { id: string; username: string; displayName: string; isAdmin: boolean; open: boolean }[]
    >(Prisma.sql`
      select u.id, u.username, u.display_name as "displayName", u.is_admin as "isAdmin", u.disabled_at is null as open
      from identities i join users u on u.id = i.user_id where i.id = ${id}::uuid`);
    return row!;
  };
  const roleIn = async (roomId: string, userId: string) => {
    const [row] = await world.database.db.$queryRaw<{ role: string }[]>(Prisma.sql`
      select role from room_members where room_id = ${roomId}::uuid and user_id = ${userId}::uuid and left_rev is null`);
    return row?.role ?? null;
  };

  test('says what it can, to whoever has the token of a provider and to nobody else', async () => {
    expect((await call('GET', '/ServiceProviderConfig')).body).toMatchObject({
      patch: { supported: true },
      filter: { supported: true, maxResults: 200 },
    });
    expect((await call('GET', '/ResourceTypes')).body.Resources.map(({ id }) => id)).toEqual(['User', 'Group']);
    expect((await call('GET', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group')).status).toBe(200);
    for (const proof of ['', 'wrong', `${token}x`]) {
      const refused = await call('GET', '/Users', undefined, proof);
      expect([refused.status, refused.body['schemas'], refused.body['status']]).toEqual([
        401,
        ['urn:ietf:params:scim:api:messages:2.0:Error'],
        '401',
      ]);
    }
  });

  test('a user is made with an account, is found by filters, and is nobody else’s', async () => {
    const made = await call('POST', '/Users', user());
    expect([made.status, made.headers.get('location')]).toEqual([201, (made.body['meta'] as { location: string }).location]);
    expect(made.body).toMatchObject({
      userName: `Eve${n}@example.com`,
      active: true,
      externalId: `external-${n}`,
      name: { givenName: 'Eve' },
    });
    expect(await accountOf(made.body.id)).toMatchObject({ username: `eve${n}`, displayName: `Eve Example ${n}`, open: true });
    const found = async (filter: string, proof?: string) =>
      (await call('GET', `/Users?filter=${encodeURIComponent(filter)}`, undefined, proof)).body.Resources.map(({ id }) => id);
    expect(await found(`userName eq "eve${n}@EXAMPLE.com"`)).toEqual([made.body.id]);
    expect(await found(`externalId eq "external-${n}"`)).toEqual([made.body.id]);
    expect(await found(`name.familyName co "Example ${n}" and active eq true`)).toEqual([made.body.id]);
    expect(await found('id eq "nobody"')).toEqual([]);
    expect(await found(`userName eq "eve${n}@example.com"`, otherToken)).toEqual([]);
    expect((await call('GET', `/Users/${made.body.id}`, undefined, otherToken)).status).toBe(404);
    const again = await call('POST', '/Users', { ...user(), userName: `EVE${n - 1}@example.com` });
    expect([again.status, again.body.scimType]).toEqual([409, 'uniqueness']);
  });

  test('users are listed by pages, in order, each once', async () => {
    for (let made = 0; made < 5; made++) await call('POST', '/Users', user());
    const all = (await call('GET', '/Users?count=200')).body;
    expect(all.totalResults).toBe(all.Resources.length);
    const paged: string[] = [];
    for (let startIndex = 1; startIndex <= all.totalResults; startIndex += 2) {
      const { body } = await call('GET', `/Users?startIndex=${startIndex}&count=2`);
      expect([body.totalResults, body['startIndex']]).toEqual([all.totalResults, startIndex]);
      paged.push(...body.Resources.map(({ id }) => id));
    }
    expect(paged).toEqual(all.Resources.map(({ id }) => id));
    const few = (await call('GET', '/Users?count=1&attributes=userName')).body.Resources[0]!;
    expect(Object.keys(few).toSorted()).toEqual(['id', 'meta', 'schemas', 'userName']);
  });

  test('a user who is deactivated, in any form that clients have for it, is shut out; activated again, they are let in', async () => {
    const { id } = (await call('POST', '/Users', user())).body;
    const forms = [
      patch({ op: 'replace', path: 'active', value: false }),
      patch({ op: 'Replace', path: 'active', value: 'False' }),
      patch({ op: 'replace', value: { active: false } }),
    ];
    for (const form of forms) {
      expect((await call('PATCH', `/Users/${id}`, form)).body.active).toBe(false);
      expect(await accountOf(id)).toMatchObject({ open: false });
      expect((await call('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: true }))).body.active).toBe(true);
      expect(await accountOf(id)).toMatchObject({ open: true });
    }
  });

  test('whom an admin disabled here stays out, whatever the provider says', async () => {
    const { id } = (await call('POST', '/Users', user())).body;
    const { username } = await accountOf(id);
    const admin = world.as((await world.anonymous.auth.login.mutate({ username: 'first', password: 'password of first' })).accessToken);
    await admin.users.disable.mutate({ username });
    await call('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: true }));
    expect(await accountOf(id)).toMatchObject({ open: false });
    await admin.users.enable.mutate({ username });
    expect(await accountOf(id)).toMatchObject({ open: true });
  });

  test('a deleted user is gone for SCIM and shut out; made again, it is the same account', async () => {
    const eve = user();
    const { id } = (await call('POST', '/Users', eve)).body;
    const before = await accountOf(id);
    expect((await call('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await call('GET', `/Users/${id}`)).status).toBe(404);
    expect(await accountOf(id)).toMatchObject({ open: false });
    const again = await call('POST', '/Users', eve);
    expect([again.status, again.body.id]).toEqual([201, id]);
    expect(await accountOf(id)).toEqual(before);
  });

  test('groups give rooms, roles and the instance, and take back what they gave and nothing else', async () => {
    const owner = await world.register(`owner${n}`);
    const [workshop, archive] = [
      await owner.http.rooms.create.mutate({ name: 'Workshop', visibility: 'private' }),
      await owner.http.rooms.create.mutate({ name: 'Archive', visibility: 'public' }),
    ];
    await world.database.db.$executeRaw(Prisma.sql`
      insert into group_rules (id, provider, group_name, room_id, role) values
        (gen_random_uuid(), 'company', 'Makers', ${workshop.id}::uuid, 'moderator'),
        (gen_random_uuid(), 'company', 'Makers', ${archive.id}::uuid, 'member')`);
    const [one, two] = [(await call('POST', '/Users', user())).body.id, (await call('POST', '/Users', user())).body.id];
    const [eve, other] = [await accountOf(one), await accountOf(two)];
    // By hand, before any group.
    await owner.http.rooms.addMember.mutate({ roomId: archive.id, username: eve.username });
    const group = await call('POST', '/Groups', { displayName: 'Makers', members: [{ value: one }] });
    expect(group.body.members).toMatchObject([{ value: one }]);
    const roles = async (id: string) => [await roleIn(workshop.id, id), await roleIn(archive.id, id)];
    expect(await roles(eve.id)).toEqual(['moderator', 'member']);
    await call('PATCH', `/Groups/${group.body.id}`, patch({ op: 'Add', path: 'members', value: [{ value: two }] }));
    expect(await roles(other.id)).toEqual(['moderator', 'member']);
    // A role that somebody gives by hand is theirs to keep.
    await owner.http.rooms.setRole.mutate({ roomId: workshop.id, username: other.username, role: 'owner' });
    await call('PATCH', `/Groups/${group.body.id}`, patch({ op: 'remove', path: `members[value eq "${one}"]` }));
    await call('PATCH', `/Groups/${group.body.id}`, patch({ op: 'Remove', path: 'members', value: [{ value: two }] }));
    expect(await roles(eve.id)).toEqual([null, 'member']);
    expect(await roles(other.id)).toEqual(['owner', null]);
    // The events of the room say so: nobody reads what they are in no more.
    expect(
      (await owner.http.rooms.members.query({ roomId: archive.id })).members.map(({ user: { username } }) => username).toSorted(),
    ).toEqual([eve.username, owner.username].toSorted());

    const operators = await call('POST', '/Groups', { displayName: 'Operators', members: [{ value: one }] });
    expect(await accountOf(one)).toMatchObject({ isAdmin: true });
    await call('PUT', `/Groups/${operators.body.id}`, { displayName: 'Former operators', members: [{ value: one }] });
    expect(await accountOf(one)).toMatchObject({ isAdmin: false });
    expect((await call('DELETE', `/Groups/${group.body.id}`)).status).toBe(204);
    expect((await call('GET', '/Groups?filter=displayName%20eq%20%22makers%22')).body.totalResults).toBe(0);
  });

  test('a group of ten thousand names is read, and one of more refused', async () => {
    const { id } = (await call('POST', '/Users', user())).body;
    const names = Array.from({ length: 10_000 }, () => ({ value: id }));
    expect((await call('POST', '/Groups', { displayName: `Many ${n}`, members: names })).body.members).toHaveLength(1);
    expect((await call('POST', '/Groups', { displayName: `More ${n}`, members: [...names, { value: id }] })).status).toBe(400);
  });

  test.each([
    ['no JSON', 'POST', '/Users', '{', 400, 'invalidSyntax'],
    ['no name', 'POST', '/Users', { active: true }, 400, 'invalidValue'],
    ['a body too large', 'POST', '/Users', { userName: 'x', title: 'x'.repeat(1_600_000) }, 413, undefined],
    ['a user too large', 'POST', '/Users', { userName: 'x', title: 'x'.repeat(20_000) }, 413, undefined],
    ['a filter that is none', 'GET', '/Users?filter=userName%20eq', undefined, 400, 'invalidFilter'],
    ['a filter too long', 'GET', `/Users?filter=${'x'.repeat(1_001)}`, undefined, 400, 'invalidFilter'],
    [
      'a member who is none',
      'POST',
      '/Groups',
      { displayName: 'Nobody', members: [{ value: '019a0000-0000-7000-8000-000000000009' }] },
      404,
      undefined,
    ],
    ['a user who is none', 'GET', '/Users/nobody', undefined, 404, undefined],
  ] as const)('%s is refused in SCIM’s own form', async (_what, method, path, body, status, scimType) => {
    const refused = await call(method, path, body);
    // One that is too large is refused before it is known what it is.
    expect([refused.status, refused.body.scimType, String(refused.body['status'])]).toEqual([status, scimType, String(status)]);
    expect(refused.body.detail).toMatch(/\w+/);
  });

  test('operations that reach for what no resource has, or are too many, are refused', async () => {
    const { id } = (await call('POST', '/Users', user())).body;
    const path = `/Users/${id}`;
    expect((await call('PATCH', path, patch({ op: 'add', path: '__proto__.polluted', value: true }))).status).toBe(400);
    expect(
      (await call('PATCH', path, patch(...Array.from({ length: 101 }, () => ({ op: 'add', path: 'title', value: 'x' }))))).status,
    ).toBe(400);
    expect((await call('PATCH', path, { Operations: 'no' })).status).toBe(400);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
