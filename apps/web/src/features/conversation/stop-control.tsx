import { useCall } from '../../client/use-call.js';
import { cx } from '../../components/ui/class-names.js';
import { Button } from '../../components/ui/button.js';

interface StopControlProps {
  /** How the answer comes along, in a few words. */
  doing: string;
  /** Null for who may only watch. */
  stop: (() => Promise<unknown>) | null;
  className?: string;
}

/** How an answer comes along, and the way to stop it. */
export function StopControl({ doing, stop, className }: StopControlProps) {
  const { busy, problem, call } = useCall();
  return (
    <>
      <span className={cx('whitespace-nowrap tabular-nums', className)} aria-live="off">
        {busy ? 'stopping' : doing}
      </span>
      {stop && (
        // No higher than the line it stands in, so that what is read does not move when it goes.
        <Button size="small" className="-my-0.5 text-ink-2" disabled={busy} onClick={() => void call(stop)} title={problem ?? undefined}>
          <span aria-hidden="true" className="size-2 rounded-[2px] bg-current" />
          Stop
        </Button>
      )}
      {problem && (
        <span role="alert" className="sr-only">
          {problem}
        </span>
      )}
    </>
  );
}
