import { cx } from '../../components/ui/class-names.js';
import { Button } from '../../components/ui/button.js';
import { useAttempt } from './use-attempt.js';

interface StopControlProps {
  /** The progress in a few words. */
  doing: string;
  /** Null for those who may not stop it. */
  stop: (() => Promise<unknown>) | null;
  className?: string;
}

/** The progress of a reply and its *Stop*. A failure is shown above the composer. */
export function StopControl({ doing, stop, className }: StopControlProps) {
  const { busy, press } = useAttempt(async () => stop?.());
  return (
    <>
      <span className={cx('whitespace-nowrap tabular-nums', className)} aria-live="off">
        {busy ? 'stopping' : doing}
      </span>
      {stop && (
        // Not higher than its line, so that the text does not move when the button disappears.
        <Button size="small" className="-my-0.5 text-ink-2" disabled={busy} onClick={press}>
          <span aria-hidden="true" className="size-2 rounded-[2px] bg-current" />
          Stop
        </Button>
      )}
    </>
  );
}
