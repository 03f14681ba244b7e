import { authRouter } from './auth/auth.router.js';
import { charactersRouter } from './characters/characters.router.js';
import { commandsRouter } from './commands/commands.router.js';
import { inboxRouter } from './inbox/inbox.router.js';
import { messagesRouter } from './messages/messages.router.js';
import { repliesRouter } from './replies/replies.router.js';
import { roomsRouter } from './rooms/rooms.router.js';
import { router } from './trpc.js';

export const appRouter = router({
  auth: authRouter,
  rooms: roomsRouter,
  messages: messagesRouter,
  replies: repliesRouter,
  characters: charactersRouter,
  commands: commandsRouter,
  inbox: inboxRouter,
});

/** The type that clients share; nothing else of the API leaves it. */
export type AppRouter = typeof appRouter;
