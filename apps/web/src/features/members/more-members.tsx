import { useEffect, useRef, useState } from 'react';
import { useRoomState } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';
import { Button } from '../../components/ui/button.js';

/** Where the members end that are loaded: comes into view, and loads the next ones. */
export function MoreMembers({ session }: { session: RoomSession }) {
  const { members } = useRoomState(session);
  const end = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    if (problem !== null) return;
    let asked = false;
    const observer = new IntersectionObserver((entries) => {
      if (asked || !entries.some(({ isIntersecting }) => isIntersecting)) return;
      asked = true;
      session.loadMembers().catch((error: unknown) => setProblem(errorMessage(error)));
    });
    observer.observe(end.current!);
    return () => observer.disconnect();
    // A new observer looks again: the end may still be in view.
  }, [session, members.length, problem]);
  return (
    <div ref={end} className="min-h-[30px] py-2">
      {problem === null ? (
        <span role="status" aria-label="Loading more people" className="skeleton block h-3.5 w-40" />
      ) : (
        <div role="alert" className="flex flex-wrap items-center gap-2 text-13 text-ink-2">
          More people could not be loaded. {problem}
          <Button size="small" onClick={() => setProblem(null)}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}
