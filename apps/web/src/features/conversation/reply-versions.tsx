import type { MessageView, ReplyVersion } from '@parley/contracts';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { Button, IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { mayDo } from './may.js';
import { useRoomActions } from './room-actions.js';
import { useAttempt } from './use-attempt.js';
import { useTurning } from './use-turning.js';

interface ReplyVersionsProps {
  message: MessageView;
  /** The other version being looked at; null for the one that is chosen for everyone. */
  shown: ReplyVersion | null;
  onShow: (version: ReplyVersion | null) => void;
}

const button = 'size-6 focus-visible:-outline-offset-2 aria-disabled:cursor-default aria-disabled:text-ink-3/50 max-wide:size-10';

/**
 * `‹ 2 of 3 ›`: turns the texts of a reply that was written again, by its buttons, by the arrow keys, and by a swipe over the reply. One that
 * is looked at can be made the one that everyone sees. Shows nothing if there is only one.
 */
export default function ReplyVersions({ message, shown, onShow }: ReplyVersionsProps) {
  const { trpc } = useClient();
  const may = mayDo(message, useRoomActions());
  const { id, attempt, reply, content } = message;
  const chosen = reply?.chosen ?? attempt;
  const [versions, setVersions] = useState<ReplyVersion[]>([]);
  const group = useRef<HTMLSpanElement>(null);
  const reset = useEffectEvent(() => onShow(null));
  // Before the next paint: of a reply that changed, everyone sees what was chosen.
  useLayoutEffect(() => reset(), [id, attempt, chosen]);
  useEffect(() => {
    let wanted = true;
    trpc.replies.versions.query({ messageId: id }).then(
      (found) => wanted && setVersions(found),
      // If the versions cannot be loaded the chosen one is shown without them.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [trpc, id, attempt, chosen]);
  // One without a text, because it failed or was stopped before it had any, is the last.
  const place = content === '' ? versions.length : versions.filter((version) => version.attempt < chosen).length;
  const all = [...versions.slice(0, place), null, ...versions.slice(place)];
  const at = shown ? all.indexOf(shown) : place;
  const go = (to: number) => {
    const next = all[to];
    if (next !== undefined) onShow(next);
  };
  const { busy, press: choose } = useAttempt(() => trpc.replies.choose.mutate({ messageId: id, attempt: shown?.attempt ?? chosen }));
  useTurning(group, (step) => go(at + step));
  const instruction = shown ? shown.instruction : reply?.instruction;
  if (versions.length === 0) return null;
  return (
    <span ref={group} role="group" aria-label="Versions" className="flex min-w-0 items-center text-13 text-ink-3 tabular-nums">
      {instruction && (
        <span dir="auto" title={instruction} className="mr-1 max-w-40 truncate italic max-wide:hidden">
          “{instruction}”
        </span>
      )}
      {shown && shown.status !== 'failed' && may.choose && (
        <Button
          size="small"
          className="mr-1"
          disabled={busy}
          onClick={choose}
          title="Everyone sees this version, and characters are told it"
        >
          Use this
        </Button>
      )}
      <IconButton label="Earlier version" className={button} aria-disabled={at === 0} onClick={() => go(at - 1)}>
        <ChevronLeft {...icon} size={14} />
      </IconButton>
      <span aria-live="polite" className="px-0.5 whitespace-nowrap">
        {at + 1} of {all.length}
        {shown === null && <span className="sr-only">, chosen</span>}
      </span>
      <IconButton label="Later version" className={button} aria-disabled={at === all.length - 1} onClick={() => go(at + 1)}>
        <ChevronRight {...icon} size={14} />
      </IconButton>
    </span>
  );
}
