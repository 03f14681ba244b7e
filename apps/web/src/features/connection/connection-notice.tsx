import { useConnection } from '../../client/client-context.js';
import { noticeText, type NoticePlace } from './notice-text.js';
import { useAway } from './use-server.js';

/** The place and its look: above a composer its own line, elsewhere a quiet strip at the foot. */
const looks: Record<NoticePlace, string> = {
  room: 'measure pb-1.5 *:px-1',
  screen: 'shrink-0 border-t border-line px-5 py-2.5 max-wide:px-3.5 max-wide:pb-[max(10px,env(safe-area-inset-bottom))]',
  opening: 'mt-auto',
};

/** Says what a lost connection, or a part that the server is without, means for what one does now. */
export default function ConnectionNotice({ place }: { place: NoticePlace }) {
  const { kind } = useConnection();
  const text = noticeText(kind, useAway(), place);
  return (
    // There before it has anything to say, so that what it says is heard.
    <div role="status" className={text === null ? 'sr-only' : looks[place]}>
      {text !== null && <p className="text-13 text-ink-2">{text}</p>}
    </div>
  );
}
