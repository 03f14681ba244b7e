const member = { who: 'room', role: 'member' };
export const permissions = {
  'auth.register': { who: 'anyone' },
  'auth.login': { who: 'anyone' },
  'auth.refresh': { who: 'anyone' },
  'auth.logout': { who: 'user' },
  'auth.me': { who: 'user' },
  'rooms.list': { who: 'user' },
  'rooms.create': { who: 'user' },
  'rooms.get': member,
  'rooms.join': { who: 'reader' },
  'rooms.leave': member,
  'rooms.markRead': member,
  'rooms.events': member,
  'messages.list': member,
  'messages.send': member,
  'replies.stop': { who: 'self', orRoomRole: 'moderator' },
  'commands.list': member,
  'inbox.events': { who: 'user' },
};
const rank = { member: 0, moderator: 1, owner: 2 };
/** True if `role` is `required` or above it. */
export function hasRoomRole(role, required) {
  return rank[role] >= rank[required];
}
export function isAdmin(role) {
  return role === 'admin';
}
//# sourceMappingURL=permissions.js.map
