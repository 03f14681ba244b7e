import { adminRouter, auditRouter } from './admin-page/admin.router.js';
import { agentsRouter } from './agents/agents.router.js';
import { authRouter } from './auth/auth.router.js';
import { passkeysRouter } from './auth/passkeys.router.js';
import { secondStepRouter } from './auth/second-step.router.js';
import { sessionsRouter } from './auth/sessions.router.js';
import { botsRouter } from './bots/bots.router.js';
import { charactersRouter } from './characters/characters.router.js';
import { chatRouter } from './chat/chat.router.js';
import { commandsRouter } from './commands/commands.router.js';
import { doorsRouter } from './doors/doors.router.js';
import { hooksRouter } from './hooks/hooks.router.js';
import { webhooksRouter } from './hooks/webhooks.router.js';
import { inboxRouter } from './inbox/inbox.router.js';
import { keysRouter } from './keys/keys.router.js';
import { mcpServersRouter } from './mcp-servers/mcp-servers.router.js';
import { messagesRouter } from './messages/messages.router.js';
import { modelsRouter } from './models/models.router.js';
import { notesRouter } from './notes/notes.router.js';
import { presenceRouter } from './presence/presence.router.js';
import { holdsRouter } from './privacy/holds.router.js';
import { reportsRouter } from './reports/reports.router.js';
import { storageRouter } from './privacy/storage.router.js';
import { repliesRouter } from './replies/replies.router.js';
import { roomsRouter } from './rooms/rooms.router.js';
import { settingsRouter } from './settings/settings.router.js';
import { streamTicketsRouter } from './streams/stream-tickets.router.js';
import { router } from './trpc.js';
import { usageRouter } from './usage/usage.router.js';
import { invitesRouter } from './users/invites.router.js';
import { usersRouter } from './users/users.router.js';

export const appRouter = router({
  auth: authRouter,
  sessions: sessionsRouter,
  passkeys: passkeysRouter,
  secondStep: secondStepRouter,
  invites: invitesRouter,
  users: usersRouter,
  doors: doorsRouter,
  keys: keysRouter,
  bots: botsRouter,
  agents: agentsRouter,
  webhooks: webhooksRouter,
  hooks: hooksRouter,
  rooms: roomsRouter,
  messages: messagesRouter,
  notes: notesRouter,
  replies: repliesRouter,
  reports: reportsRouter,
  characters: charactersRouter,
  mcpServers: mcpServersRouter,
  models: modelsRouter,
  commands: commandsRouter,
  inbox: inboxRouter,
  presence: presenceRouter,
  streamTickets: streamTicketsRouter,
  chat: chatRouter,
  usage: usageRouter,
  holds: holdsRouter,
  settings: settingsRouter,
  storage: storageRouter,
  admin: adminRouter,
  audit: auditRouter,
});

/** The type that clients share. Nothing else of the API leaves this package. */
export type AppRouter = typeof appRouter;
