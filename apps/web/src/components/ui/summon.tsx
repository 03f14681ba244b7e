import { Suspense, useEffect, useEffectEvent, useState, type ReactNode } from 'react';
import { errorMessage } from '../../client/errors.js';
import { Button } from './button.js';
import { holdKeys } from './held-keys.js';

interface SummonProps {
  /** One dialog or menu (see `part`) while it is asked for; nothing otherwise. */
  children: ReactNode;
  /** Called when what was asked for shall not open any more: its code could not be loaded, or the user went on to something else. */
  onDrop: (failed: boolean) => void;
  /** What stands in its place while it is loading. */
  fallback?: ReactNode;
}

/**
 * Loads a dialog or menu when it is asked for. What is typed meanwhile is typed there once it is open. If its code cannot be loaded that is
 * said at once, and it does not open later by itself.
 */
export function Summon({ children, onDrop, fallback }: SummonProps) {
  const [failed, setFailed] = useState(false);
  return (
    <>
      <Suspense
        fallback={
          <>
            {fallback}
            <Awaited onDrop={onDrop} onFailed={setFailed} />
          </>
        }
      >
        {children}
      </Suspense>
      {failed && !children && (
        <p
          role="alert"
          className="fixed inset-x-3 bottom-24 z-20 mx-auto flex w-fit items-center gap-2 rounded-card border border-line bg-surface p-2 text-14 shadow-float"
        >
          {errorMessage(null)}
          <Button size="small" look="quiet" onClick={() => setFailed(false)}>
            Dismiss
          </Button>
        </p>
      )}
    </>
  );
}

function Awaited({ onDrop, onFailed }: { onDrop: (failed: boolean) => void; onFailed: (failed: boolean) => void }) {
  const drop = useEffectEvent((failed: boolean) => {
    onDrop(failed);
    onFailed(failed);
  });
  const begin = useEffectEvent(() => onFailed(false));
  useEffect(() => {
    begin();
    return holdKeys((failed) => drop(failed));
  }, []);
  return null;
}
