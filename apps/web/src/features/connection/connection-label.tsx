import { useConnection } from '../../client/client-context.js';
import { cx } from '../../components/ui/class-names.js';
import { connectionText, delayText } from './connection-text.js';

/** The state of the connection, shown under the user's own name. Screen readers announce the state when it changes, and not each new delay. */
export function ConnectionLabel() {
  const connection = useConnection();
  return (
    <p className={cx('truncate text-12 tabular-nums', connection.kind === 'offline' ? 'text-danger' : 'text-ink-3')}>
      <span role="status">{connectionText(connection)}</span>
      {delayText(connection)}
    </p>
  );
}
