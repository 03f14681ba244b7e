import { useConnection } from '../../client/client-context.js';
import { noticeText, type NoticePlace } from './notice-text.js';
import { useAway } from './use-server.js';

/** Classes by place: a line of its own above a composer, elsewhere a strip at the foot. */
const looks: Record<NoticePlace, string> = {
  room: 'measure pb-1.5 *:px-1',
  screen: 'shrink-0 border-t border-line px-5 py-2.5 max-wide:px-3.5 max-wide:pb-[max(10px,env(safe-area-inset-bottom))]',
  opening: 'mt-auto',
};

/** Says what a lost connection, or a part that is away, means for the user at the moment. */
export default function ConnectionNotice({ place }: { place: NoticePlace }) {
  const { kind } = useConnection();
  const text = noticeText(kind, useAway(), place);
  return (
    // The status element exists before it has a text, so that screen readers announce the text.
    <div role="status" className={text === null ? 'sr-only' : looks[place]}>
      {text !== null && <p className="text-13 text-ink-2">{text}</p>}
    </div>
  );
}
