import { settingSecretSet, type SettingName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerUser } from '../accounts/register-user.js';
import { createRoom } from '../rooms/create-room.js';
import { sharedWorld } from '../testing/shared-world.js';
import { listSettings } from './list-settings.js';
import { LiveSettings } from './live-settings.js';
import { setSetting } from './set-setting.js';

export function settingsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`settings of the server (${kind})`, () => {
    const world = sharedWorld(kind);
    let settings: LiveSettings;
    beforeAll(async () => {
      settings = new LiveSettings(world().deps, { fixed: { registration: 'invite' }, everyMs: 3_600_000 });
      await settings.start();
    });
    afterAll(() => settings?.close());
    const set = (name: SettingName, value: unknown, by = world().owner) =>
      setSetting({ ...world().deps, settings }, by.actor, { name, value });
    const listed = async (name: SettingName) => (await listSettings({ ...world().deps, settings })).find((each) => each.name === name);

    it('are in force when the call returns, say who set them, and stand in the audit log', async () => {
      expect(await listed('auditDays')).toEqual({
        name: 'auditDays',
        value: 365,
        from: 'default',
        variable: 'AUDIT_DAYS',
        changedAt: null,
        changedBy: null,
      });
      await set('auditDays', 30);
      expect(settings.get('auditDays')).toBe(30);
      expect(await listed('auditDays')).toMatchObject({
        value: 30,
        from: 'setting',
        changedBy: 'tess',
        changedAt: expect.stringMatching(/Z$/),
      });
      await set('auditDays', 31);
      await set('auditDays', null);
      expect(await listed('auditDays')).toMatchObject({ value: 365, from: 'default', changedBy: null });
      const noted = await world().deps.db.$queryRaw<{ detail: unknown; actor_name: string }[]>(Prisma.sql`
        select detail, actor_name from audit_log where event = 'setting.changed' and subject_id = 'auditDays' order by id`);
      expect(noted).toEqual([
        { detail: { value: 30, default: false }, actor_name: 'tess' },
        { detail: { value: 31, default: false }, actor_name: 'tess' },
        { detail: { value: null, default: true }, actor_name: 'tess' },
      ]);
    });

    it('are told to the other processes', async () => {
      world().bus.clear();
      await set('announcement', ' Tea at four. ');
      expect(world().bus.published).toEqual([{ subject: 'instance.settings', payload: { name: 'announcement' } }]);
      const other = new LiveSettings(world().deps, { fixed: {}, everyMs: 3_600_000 });
      expect(other.get('announcement')).toBe('');
      await other.refresh();
      expect(other.get('announcement')).toBe('Tea at four.');
    });

    it('that a variable fixes are not set, and those that a value does not fit stay as they are', async () => {
      expect(await listed('registration')).toMatchObject({ value: 'invite', from: 'variable', variable: 'REGISTRATION' });
      await expect(set('registration', 'open')).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('REGISTRATION') as string,
      });
      for (const [name, value] of [
        ['auditDays', 0],
        ['auditDays', '30'],
        ['announcement', 'x'.repeat(301)],
        ['newcomerRooms', ['the lobby']],
      ] as const)
        await expect(set(name, value)).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'value' } });
      expect(settings.get('auditDays')).toBe(365);
    });

    it('that are secret are shown in no answer and in no entry of the audit log', async () => {
      const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      expect(await listed('moderationSecret')).toMatchObject({ value: '', from: 'default' });
      await set('moderationSecret', secret);
      expect(settings.get('moderationSecret')).toBe(secret);
      expect(await listed('moderationSecret')).toMatchObject({ value: settingSecretSet, from: 'setting', changedBy: 'tess' });
      for (const wrong of [settingSecretSet, 'whsec_dGVh', 'tea']) {
        await expect(set('moderationSecret', wrong)).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'value' } });
      }
      expect(settings.get('moderationSecret')).toBe(secret);
      const [{ noted }] = await world().deps.db.$queryRaw<[{ noted: unknown }]>(Prisma.sql`
        select json_agg(detail) as noted from audit_log where event = 'setting.changed' and subject_id = 'moderationSecret'`);
      expect(noted).toEqual([{ value: null, default: false }]);
      await set('moderationSecret', null);
    });

    it('are for admins, and what a version does not take is the default there', async () => {
      const bob = await world().register('bob');
      await expect(set('auditDays', 3, bob)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await world().deps.db
        .$executeRaw`insert into instance_settings (name, value) values ('auditDays', '"long"'), ('of a later version', 'true')`;
      await settings.refresh();
      expect(settings.get('auditDays')).toBe(365);
      await set('auditDays', null);
    });

    it('have newcomers enter their rooms, and leave out a room that is public no more', async () => {
      const { deps, owner } = world();
      const open = await createRoom(deps, owner.actor, { name: 'Welcome', topic: '', visibility: 'public' });
      const closed = await createRoom(deps, owner.actor, { name: 'Board', topic: '', visibility: 'private' });
      await set('newcomerRooms', [open.id, closed.id]);
      const made = await registerUser(
        deps,
        { username: 'new', password: 'password of new' },
        { registration: 'open', newcomerRooms: settings.get('newcomerRooms') },
      );
      const rooms = await deps.db.$queryRaw<{ name: string }[]>(Prisma.sql`
        select r.name from room_members m join rooms r on r.id = m.room_id where m.user_id = ${made.user.id}::uuid order by r.name`);
      expect(rooms.map(({ name }) => name)).toEqual(['Lobby', 'Welcome']);
    });
  });
}
