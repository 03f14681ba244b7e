import { cx } from '../../components/ui/class-names.js';
import { Button } from '../../components/ui/button.js';
import { useAttempt } from './use-attempt.js';

interface StopControlProps {
  /** How the answer comes along, in a few words. */
  doing: string;
  /** Null for who may only watch. */
  stop: (() => Promise<unknown>) | null;
  className?: string;
}

/** How an answer comes along, and the way to stop it. A failure is told above the composer. */
export function StopControl({ doing, stop, className }: StopControlProps) {
  const { busy, press } = useAttempt(async () => stop?.());
  return (
    <>
      <span className={cx('whitespace-nowrap tabular-nums', className)} aria-live="off">
        {busy ? 'stopping' : doing}
      </span>
      {stop && (
        // No higher than the line it stands in, so that what is read does not move when it goes.
        <Button size="small" className="-my-0.5 text-ink-2" disabled={busy} onClick={press}>
          <span aria-hidden="true" className="size-2 rounded-[2px] bg-current" />
          Stop
        </Button>
      )}
    </>
  );
}
