/** The permissions that a key can be given. */
export const keyScopes = [
  'users:read',
  'users:write',
  'users:admin',
  'rooms:read',
  'rooms:write',
  'messages:read',
  'messages:write',
  'replies:write',
  'characters:read',
  'characters:use',
  'characters:write',
  'agents:serve',
  'hooks:read',
  'hooks:write',
] as const;

export type KeyScope = (typeof keyScopes)[number];
