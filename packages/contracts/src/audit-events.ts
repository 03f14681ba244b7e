/**
 * What the audit log tells of: the name of each event, as rows keep it, with its words for people. They follow the name of who did it:
 * “ann disabled an account: bob”. What the event was about, and what else is known of it, stands in columns of its own.
 */
export const auditEvents = {
  'account.made': 'made an account',
  'account.disabled': 'disabled an account',
  'account.enabled': 'enabled an account',
  'account.removed': 'removed an account',
  'account.removalBegan': 'began to remove an account',
  'account.messagesRemoved': 'removed the messages of an account',
  'account.exported': 'exported their account',
  'admin.made': 'made an admin',
  'admin.unmade': 'took an admin’s rights away',
  'session.began': 'signed in',
  'session.refused': 'was refused to sign in',
  'session.ended': 'ended a session',
  'sessions.ended': 'ended all sessions',
  'provider.signedOut': 'signed somebody out',
  'provider.linked': 'was linked to an account',
  'group.rules': 'set what groups give',
  'session.copied': 'ended a session whose token was copied',
  'password.changed': 'changed their password',
  'password.reset': 'reset a password',
  'invitation.made': 'made an invitation',
  'bot.made': 'made a bot',
  'bot.removed': 'removed a bot',
  'key.made': 'made a key',
  'key.revoked': 'revoked a key',
  'hook.made': 'made a hook',
  'hook.removed': 'removed a hook',
  'webhook.made': 'made a webhook',
  'webhook.changed': 'changed a webhook',
  'webhook.rotated': 'gave a webhook a new secret',
  'webhook.removed': 'removed a webhook',
  'mcp.added': 'added an MCP server',
  'mcp.changed': 'changed an MCP server',
  'mcp.removed': 'removed an MCP server',
  'mcp.attached': 'set the MCP servers of a character',
  'limits.set': 'set limits for the AI',
  'room.archived': 'archived a room',
  'room.taken': 'took over a room that nobody owned',
  'room.restored': 'opened an archived room again',
  'room.changed': 'changed a room',
  'room.exported': 'exported a room',
  'room.imported': 'imported a room',
  'role.given': 'gave a role in a room',
  'member.removed': 'removed a member from a room',
  'retention.removed': 'removed by its age what was said',
  'hold.placed': 'placed a legal hold',
  'hold.lifted': 'lifted a legal hold',
  'hold.exported': 'exported what a legal hold kept',
  'person.exported': 'exported everything about a person',
  'setting.changed': 'changed a setting',
  'words.set': 'set the blocked words of a room',
  'member.silenced': 'silenced a member of a room',
  'member.unsilenced': 'let a silenced member of a room write again',
  'member.banned': 'banned a person from a room',
  'member.unbanned': 'lifted the ban of a person from a room',
  'message.hidden': 'hid a message',
  'message.shown': 'showed a hidden message again',
  'message.lookedAt': 'looked at a hidden message',
  'message.deleted': 'deleted a message of somebody else',
  'report.resolved': 'resolved the reports of a message',
  'character.changed': 'changed a character',
  'character.deleted': 'deleted a character',
} as const satisfies Record<string, string>;

export type AuditEvent = keyof typeof auditEvents;

/** Who did it: an account, whoever has the server's command line, the server itself, or a company's identity provider. */
export const auditActorKinds = ['user', 'operator', 'system', 'provider'] as const;
export type AuditActorKind = (typeof auditActorKinds)[number];

/** What an event may be about. */
export const auditSubjectKinds = [
  'account',
  'room',
  'character',
  'key',
  'hook',
  'webhook',
  'mcp',
  'invitation',
  'setting',
  'message',
] as const;
export type AuditSubjectKind = (typeof auditSubjectKinds)[number];
