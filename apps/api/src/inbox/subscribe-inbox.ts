import type { InboxEvent } from '@parley/contracts';
import { listJoinedRooms } from '@parley/core/rooms/list-joined-rooms';
import type { Actor } from '@parley/core/sessions/actor';
import { listPrivateReplies } from '@parley/core/sync/list-private-replies';
import type { ApiServices } from '../services.js';

/** A person's inbox, for a reader of any surface: a snapshot first, then what changes. Ends when `signal` aborts. */
export function subscribeInbox(
  { inbox, core, calls }: Pick<ApiServices, 'inbox' | 'core' | 'calls'>,
  actor: Actor,
  signal: AbortSignal | undefined,
): AsyncGenerator<InboxEvent, void, undefined> {
  const load = async () => {
    const [rooms, privateReplies] = await calls.run(() => Promise.all([listJoinedRooms(core, actor), listPrivateReplies(core, actor)]));
    return { type: 'snapshot' as const, rooms, privateReplies };
  };
  return inbox.events(actor.userId, load, signal);
}
