import { useConnection } from '../../client/client-context.js';
import { noticeText } from './connection-text.js';
import { useAway } from './use-server.js';

/** Says above the composer what a lost connection, or a part that the server is without, means for what one does now. */
export function ConnectionNotice() {
  const { kind } = useConnection();
  const text = noticeText(kind, useAway());
  if (text === null) return null;
  return (
    <div role="status" className="measure pb-1.5">
      <p className="px-1 text-13 text-ink-2">{text}</p>
    </div>
  );
}
