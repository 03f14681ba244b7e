import { Menu } from '@base-ui/react/menu';
import type { MessageView } from '@parley/contracts';
import { CircleHelp, Eye, EyeOff, Pencil, Pin, PinOff, RotateCcw, Trash2 } from 'lucide-react';
import { useRef, useState, type RefObject } from 'react';
import { useClient } from '../../client/client-context.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { icon } from '../../components/ui/icon.js';
import { menuItem, menuPopup } from '../../components/ui/menu-classes.js';
import { mayDo } from './may.js';
import { useRoomActions } from './room-actions.js';
import TryAgain from './try-again.js';

interface MessageMenuProps {
  message: MessageView;
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
}

/** The menu is open as long as it is mounted. */
export default function MessageMenu({ message, anchor, onClose }: MessageMenuProps) {
  const { trpc } = useClient();
  const actions = useRoomActions();
  const may = mayDo(message, actions);
  /** The panel that was asked for takes the focus. */
  const goesOn = useRef(false);
  const [deleting, setDeleting] = useState(false);
  const [trying, setTrying] = useState(false);
  const pinned = message.pinnedAt !== null;
  if (deleting) {
    return (
      <ConfirmDialog
        title="Delete this message?"
        description="Everyone sees that a message was here, and nobody what it said."
        confirm="Delete"
        onClose={onClose}
        onConfirm={() => trpc.messages.delete.mutate({ messageId: message.id })}
      />
    );
  }
  if (trying) return <TryAgain message={message} onClose={onClose} />;
  return (
    <Menu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} side="bottom" align="end" sideOffset={6} className="z-20">
          <Menu.Popup aria-label="Message" finalFocus={() => !goesOn.current} className={`${menuPopup} w-44`}>
            {may.explain && (
              <Menu.Item
                className={menuItem}
                onClick={() => {
                  goesOn.current = true;
                  actions.explain({ id: message.id, attempt: message.reply?.chosen });
                  onClose();
                }}
              >
                <CircleHelp {...icon} />
                Why this answer?
              </Menu.Item>
            )}
            {may.regenerate && (
              <Menu.Item className={menuItem} closeOnClick={false} onClick={() => setTrying(true)}>
                <RotateCcw {...icon} />
                Try again…
              </Menu.Item>
            )}
            {may.edit && (
              <Menu.Item
                className={menuItem}
                onClick={() => {
                  actions.edit(message.id);
                  onClose();
                }}
              >
                <Pencil {...icon} />
                Edit
              </Menu.Item>
            )}
            {may.pin && (
              <Menu.Item
                className={menuItem}
                onClick={() => void actions.attempt(() => trpc.messages.pin.mutate({ messageId: message.id, on: !pinned }))}
              >
                {pinned ? <PinOff {...icon} /> : <Pin {...icon} />}
                {pinned ? 'Unpin' : 'Pin'}
              </Menu.Item>
            )}
            {may.hide && (
              <Menu.Item
                className={menuItem}
                onClick={() =>
                  void actions.attempt(() => trpc.messages.hideFromAi.mutate({ messageId: message.id, on: !message.hiddenFromAi }))
                }
              >
                {message.hiddenFromAi ? <Eye {...icon} /> : <EyeOff {...icon} />}
                {message.hiddenFromAi ? 'Show to AI' : 'Hide from AI'}
              </Menu.Item>
            )}
            {may.delete && (
              <Menu.Item className={`${menuItem} text-danger`} closeOnClick={false} onClick={() => setDeleting(true)}>
                <Trash2 {...icon} />
                Delete…
              </Menu.Item>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
