import type { MessageView } from '@parley/contracts';
import { ChevronRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { RoomSession } from '../../client/types.js';
import { icon } from '../../components/ui/icon.js';

/**
 * What the model thinks while it writes, folded. Nobody keeps it: it is shown from where the reader came in, and goes with the end of the answer.
 */
export default function ReplyThoughts({
  session,
  message: { id, attempt },
}: {
  session: RoomSession;
  message: Pick<MessageView, 'id' | 'attempt'>;
}) {
  const [thoughts, setThoughts] = useState({ attempt, from: 0, next: 0, text: '' });
  useEffect(
    () =>
      session.onEvent((_, event) => {
        if (event.type !== 'thought' || event.messageId !== id) return;
        const { offset } = event;
        const next = offset + event.text.length;
        setThoughts((known) => {
          if (known.attempt !== event.attempt || known.text === '') return { attempt: event.attempt, from: offset, next, text: event.text };
          return { ...known, next, text: `${known.text}${known.next === offset ? '' : ' … '}${event.text}` };
        });
      }),
    [session, id],
  );
  const { text, from } = thoughts;
  if (text === '' || thoughts.attempt < attempt) return null;
  return (
    <details className="group/thoughts mb-1.5 text-13 text-ink-3">
      <summary className="-ml-1 flex min-h-7 w-fit cursor-pointer list-none items-center gap-2 rounded-chip px-1 -outline-offset-2 hover:text-ink max-wide:min-h-11 [&::-webkit-details-marker]:hidden">
        Thoughts
        <ChevronRight {...icon} size={14} className="shrink-0 transition-transform group-open/thoughts:rotate-90" />
      </summary>
      {/* The latest stands at the end, and stays in view as long as nobody scrolls up. */}
      <div tabIndex={0} role="region" aria-label="Thoughts" className="flex max-h-48 flex-col-reverse overflow-y-auto">
        <p dir="auto" className="whitespace-pre-wrap wrap-anywhere">
          {from > 0 && '… '}
          {text}
        </p>
      </div>
    </details>
  );
}
