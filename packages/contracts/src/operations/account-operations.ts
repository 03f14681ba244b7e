import type { Operation } from './operation.js';

/** Signing in and out, and accounts. */
export const accountOperations = {
  'auth.register': { who: 'anyone', limit: 'register', repeat: 'unsafe', scope: 'account' },
  'auth.login': { who: 'anyone', limit: ['loginAddress', 'login', 'loginAccount'], repeat: 'unsafe', scope: 'account' },
  'auth.refresh': { who: 'anyone', limit: 'refresh', repeat: 'unsafe', scope: 'account' },
  'auth.logout': { who: 'user', limit: 'changes', repeat: 'safe', scope: 'account' },
  'auth.me': { who: 'user', limit: null, repeat: 'safe', scope: 'users:read' },
  // These two check a password too. Their guesses count apart from those at sign-in, which strangers can make.
  'auth.changePassword': { who: 'user', limit: 'password', repeat: 'unsafe', scope: 'account' },
  'users.removeAccount': { who: 'user', limit: 'password', repeat: 'unsafe', scope: 'account' },
  'users.exportAccount': { who: 'user', limit: 'files', repeat: 'safe', scope: 'account', route: 'GET /api/me/export' },
  'users.search': { who: 'user', limit: 'search', repeat: 'safe', scope: 'users:read' },
  'users.updateProfile': { who: 'user', limit: 'profile', repeat: 'lastWins', scope: 'users:write' },
  'users.disable': { who: 'admin', limit: 'changes', repeat: 'lastWins', scope: 'users:admin' },
  'users.enable': { who: 'admin', limit: 'changes', repeat: 'lastWins', scope: 'users:admin' },
} as const satisfies Record<string, Operation>;
