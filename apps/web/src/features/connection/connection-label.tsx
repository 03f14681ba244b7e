import { useConnection } from '../../client/client-context.js';
import { cx } from '../../components/ui/class-names.js';
import { connectionText } from './connection-text.js';

/** The state of the connection, shown under the user's own name. */
export function ConnectionLabel() {
  const connection = useConnection();
  return (
    <p role="status" className={cx('truncate text-12 tabular-nums', connection.kind === 'offline' ? 'text-danger' : 'text-ink-3')}>
      {connectionText(connection)}
    </p>
  );
}
