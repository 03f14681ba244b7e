import type { RoomView } from '@parley/contracts';
import { Suspense, type ReactNode } from 'react';
import { useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { markedName } from '../../components/ui/marked-name.js';
import { part } from '../../components/ui/part.js';
import { apart, Sentence } from '../../components/ui/sentence.js';
import { NameLookup } from './name-lookup.js';
import { typingText } from './typing-text.js';

const QueueLine = part(() => import('./queue-line.js'));

interface TypingLineProps {
  session: RoomSession;
  room: RoomView | null;
  me: string;
  /** What stands at the end of the line. */
  children?: ReactNode;
}

/** Who is being answered and who else is writing, above the composer. It keeps its place, so that nothing jumps. */
export default function TypingLine({ session, room, me, children }: TypingLineProps) {
  const { typing, queue, members, hasMoreMembers } = useRoomState(session);
  const names = members.filter(({ user }) => user.id !== me && typing.includes(user.id)).map(({ user }) => markedName(user));
  return (
    <div className="measure flex h-5 items-center gap-2 pb-1 text-13 text-ink-2">
      {queue && room && (
        <Suspense>
          <QueueLine session={session} room={room} me={me} queue={queue} />
        </Suspense>
      )}
      <p role="status" aria-label="Typing" className="flex min-w-0 items-center gap-2">
        {names.length > 0 && (
          <>
            <span aria-hidden="true" className="flex gap-[3px] pl-1">
              {[0, 1, 2].map((dot) => (
                <span
                  key={dot}
                  className="size-[5px] animate-[blink_1.2s_ease-in-out_infinite] rounded-full bg-ink-3"
                  style={{ animationDelay: `${dot * 0.16}s` }}
                />
              ))}
            </span>
            <span className="truncate">
              <Sentence text={typingText(names.map(apart))} />
            </span>
          </>
        )}
      </p>
      {children}
      {hasMoreMembers && <NameLookup session={session} />}
    </div>
  );
}
