import { expect, test } from 'vitest';
import type { Operation, RoomOperation } from './operation.js';
import { operationNamed, operations, type OperationName } from './operations.js';

const rows: [string, Operation][] = (Object.keys(operations) as OperationName[]).map((name) => [name, operationNamed(name)]);

test('whatever may not be said again is a write, and every write has a limit', () => {
  const writes = rows.filter(([, { scope }]) => !scope.endsWith(':read'));
  const unlimited = writes.filter(([, { limit }]) => limit === null).map(([name]) => name);
  expect(unlimited).toEqual([]);
  for (const [name, { repeat, scope }] of rows) if (scope.endsWith(':read')) expect([name, repeat]).toEqual([name, 'safe']);
});

test('what may call the AI counts against the limit of such calls, by its row', () => {
  const ofAi = rows.filter(([, { limit, aiLimit }]) => [limit, aiLimit].flat().includes('ai')).map(([name]) => name);
  expect(ofAi).toEqual(['messages.send', 'replies.regenerate', 'models.complete', 'chat.send']);
});

test('what changes the members of a room is guarded by its statement', () => {
  const inRooms = rows.filter((row): row is [string, RoomOperation] => 'archived' in row[1]);
  const unguarded = inRooms.filter(([, { changesMembers, guarded }]) => changesMembers && !guarded).map(([name]) => name);
  expect(inRooms.length).toBeGreaterThan(20);
  expect(unguarded).toEqual([]);
});

test('no key signs in or out, makes keys or bots, changes a password, or removes or takes away an account', () => {
  const never = rows.filter(([, { scope }]) => scope === 'account').map(([name]) => name);
  expect(never).toEqual([
    'auth.doors',
    'auth.register',
    'auth.login',
    'auth.code',
    'auth.reset',
    'auth.invite',
    'auth.refresh',
    'auth.validate',
    'auth.logout',
    'sessions.list',
    'sessions.end',
    'auth.security',
    'passkeys.request',
    'passkeys.signIn',
    'passkeys.begin',
    'passkeys.add',
    'passkeys.rename',
    'passkeys.remove',
    'secondStep.begin',
    'secondStep.confirm',
    'secondStep.remove',
    'secondStep.renewCodes',
    'auth.changePassword',
    'users.removeAccount',
    'users.exportAccount',
    'users.resetLink',
    'users.removeSecondStep',
    'doors.own',
    'keys.list',
    'keys.create',
    'keys.revoke',
    'bots.list',
    'bots.create',
    'bots.remove',
  ]);
});

test('a name that no row has is nobody’s', () => {
  expect(operationNamed('rooms.paint')).toBeNull();
  expect(operationNamed('toString')).toBeNull();
});
