import { useConnection } from '../../client/client-context.js';

/** Says above the composer what a lost connection means for what one writes now. */
export function ConnectionNotice() {
  const { kind } = useConnection();
  if (kind !== 'offline' && kind !== 'reconnecting') return null;
  return (
    <div className="measure pb-1.5">
      <p className="px-1 text-13 text-ink-2">
        {kind === 'offline' ? 'You are offline.' : 'Reconnecting…'} What was missed arrives as soon as the connection is back.
      </p>
    </div>
  );
}
