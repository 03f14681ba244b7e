import type { MessageView } from '@parley/contracts';
import { Check, CornerUpLeft, Ellipsis, Link2, RotateCcw, SmilePlus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { IconButton } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { part } from '../../components/ui/part.js';
import { Summon } from '../../components/ui/summon.js';
import { mayDo } from './may.js';
import { useRoomActions } from './room-actions.js';
import { useRegenerate } from './use-regenerate.js';

const EmojiPopover = part(() => import('../../components/emoji/emoji-popover.js'));
const MessageMenu = part(() => import('./message-menu.js'));

interface MessageToolbarProps {
  message: MessageView;
  /** Keeps the toolbar visible while a menu of it is open. */
  onHold: (hold: boolean) => void;
}

const button = 'max-wide:size-10';

/**
 * The actions of a message. They lie over the row's upper edge, so that nothing moves when they appear. Of a row whose upper edge is out of
 * view they stay at the top of what is seen of it, below the line of its author if that stays too.
 */
export default function MessageToolbar({ message, onHold }: MessageToolbarProps) {
  const { trpc } = useClient();
  const actions = useRoomActions();
  const may = mayDo(message, actions);
  const { busy, press: regenerate } = useRegenerate(message);
  const [open, setOpen] = useState<'emoji' | 'menu' | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  const show = (what: 'emoji' | 'menu' | null) => {
    setOpen(what);
    onHold(what !== null);
    actions.keep(what && message.id);
  };
  return (
    <div
      className={cx(
        'pointer-events-none absolute right-2 bottom-0 z-5',
        // A reply has controls of its own at the end of its first line.
        message.kind === 'reply' ? '-top-9 max-wide:-top-12' : '-top-5 max-wide:-top-9',
      )}
    >
      <div
        ref={bar}
        role="toolbar"
        aria-label="Message actions"
        className={cx(
          'pointer-events-auto sticky flex rounded-block border border-line bg-surface p-0.5 shadow-float',
          message.kind === 'reply' ? 'top-8' : 'top-1',
        )}
      >
        {may.react && (
          <IconButton label="React" className={button} aria-expanded={open === 'emoji'} onClick={() => show('emoji')}>
            <SmilePlus {...icon} />
          </IconButton>
        )}
        {may.quote && (
          <IconButton label="Reply" className={button} onClick={() => actions.replyTo(message)}>
            <CornerUpLeft {...icon} />
          </IconButton>
        )}
        <CopyLink message={message} />
        {may.regenerate && (
          <IconButton label="Write again" className={button} disabled={busy} onClick={regenerate}>
            <RotateCcw {...icon} />
          </IconButton>
        )}
        {(may.edit || may.delete || may.pin || may.hide || may.explain) && (
          <IconButton label="More" className={button} aria-haspopup="menu" aria-expanded={open === 'menu'} onClick={() => show('menu')}>
            <Ellipsis {...icon} />
          </IconButton>
        )}
        <Summon onDrop={() => show(null)}>
          {open === 'emoji' ? (
            <EmojiPopover
              anchor={bar}
              onClose={() => show(null)}
              onPick={(emoji) => void actions.attempt(() => trpc.messages.react.mutate({ messageId: message.id, emoji, on: true }))}
            />
          ) : (
            open === 'menu' && <MessageMenu message={message} anchor={bar} onClose={() => show(null)} />
          )}
        </Summon>
      </div>
    </div>
  );
}

function CopyLink({ message }: { message: MessageView }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  // Clipboard access needs a secure context; on plain http from another machine there is none.
  if (!navigator.clipboard) return null;
  const link = new URL(`/rooms/${message.roomId}?at=${message.seq}#message-${message.id}`, window.location.origin).href;
  return (
    <IconButton
      label={copied ? 'Link copied' : 'Copy link'}
      className={button}
      onClick={() =>
        void navigator.clipboard.writeText(link).then(
          () => setCopied(true),
          // The browser refused access to the clipboard and has told the user.
          () => setCopied(false),
        )
      }
    >
      {copied ? <Check {...icon} /> : <Link2 {...icon} />}
    </IconButton>
  );
}
