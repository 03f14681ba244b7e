import type { CoreDeps } from '@parley/core/deps';
import { admitReader } from '@parley/core/sync/admit-reader';
import { loadChanges } from '@parley/core/sync/load-changes';
import { loadQueue } from '@parley/core/sync/load-queue';
import { loadHeads } from '@parley/core/sync/load-heads';
import type { DatabaseCalls } from '../../operations/database-calls.js';
import type { RoomSource } from './room-source.js';

/** Reads rooms by core's queries, each as a call of {@link DatabaseCalls}, which bounds it. */
export function coreRoomSource(core: CoreDeps, calls: DatabaseCalls): RoomSource {
  return {
    loadChanges: (roomId, afterRev, limit) => calls.run(() => loadChanges(core, roomId, afterRev, limit)),
    admitReader: (roomId, userId, sessionId) => calls.run(() => admitReader(core, roomId, userId, sessionId)),
    loadQueue: (roomId) => calls.run(() => loadQueue(core, roomId)),
    loadHeads: (roomIds) => calls.run(() => loadHeads(core, roomIds)),
  };
}
