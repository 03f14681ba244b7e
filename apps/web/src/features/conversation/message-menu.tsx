import { Menu } from '@base-ui/react/menu';
import type { MessageView, NoteView } from '@parley/contracts';
import { firstWords } from '@parley/contracts/markdown';
import { CircleHelp, Eye, EyeOff, Flag, MessageSquareOff, MessageSquareText, Pencil, Pin, PinOff, RotateCcw, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { icon } from '../../components/ui/icon.js';
import { menuItem, menuPopup } from '../../components/ui/menu-classes.js';
import { mayModerate } from './may-moderate.js';
import { mayDo } from './may.js';
import { useRoomActions } from './room-actions.js';
import { HiddenDialog } from './hidden-dialog.js';
import { ReportDialog } from './report-dialog.js';
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
  const may = { ...mayDo(message, actions), moderate: mayModerate(message, actions) };
  /** The panel that was asked for takes the focus. */
  const goesOn = useRef(false);
  const [deleting, setDeleting] = useState(false);
  const [trying, setTrying] = useState(false);
  const [reporting, setReporting] = useState(false);
  const [looking, setLooking] = useState(false);
  const pinned = message.pinnedAt !== null;
  if (deleting) return <DeleteDialog message={message} onClose={onClose} />;
  if (reporting) return <ReportDialog message={message} direct={actions.place.visibility === 'direct'} onClose={onClose} />;
  if (looking) return <HiddenDialog message={message} onClose={onClose} />;
  if (trying) return <TryAgain message={message} onClose={onClose} />;
  return (
    <Menu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} side="bottom" align="end" sideOffset={6} className="z-20">
          <Menu.Popup aria-label="Message" finalFocus={() => !goesOn.current} className={`${menuPopup} w-48`}>
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
            {may.moderate.hide && message.hidden && (
              <Menu.Item className={menuItem} closeOnClick={false} onClick={() => setLooking(true)}>
                <Eye {...icon} />
                What it says
              </Menu.Item>
            )}
            {may.moderate.hide && (
              <Menu.Item
                className={menuItem}
                onClick={() => void actions.attempt(() => trpc.messages.hide.mutate({ messageId: message.id, on: !message.hidden }))}
              >
                {message.hidden ? <MessageSquareText {...icon} /> : <MessageSquareOff {...icon} />}
                {message.hidden ? 'Show to everyone' : 'Hide from everyone'}
              </Menu.Item>
            )}
            {may.moderate.report && (
              <Menu.Item className={menuItem} closeOnClick={false} onClick={() => setReporting(true)}>
                <Flag {...icon} />
                Report…
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

/** Asks before a message is deleted. Where notes were taken from it, they can go with it. */
function DeleteDialog({ message, onClose }: { message: MessageView; onClose: () => void }) {
  const { trpc } = useClient();
  const { session } = useRoomActions();
  const { roomId } = session;
  const count = useRoomState(session).room?.notes?.count ?? 0;
  const [notes, setNotes] = useState<NoteView[]>([]);
  const [withNotes, setWithNotes] = useState(true);
  useEffect(() => {
    if (count === 0) return;
    let wanted = true;
    trpc.notes.list.query({ roomId }).then(
      (found) => wanted && setNotes(found.filter(({ source }) => source?.messageId === message.id)),
      // The message can be deleted all the same; the notes stay and say so.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [trpc, roomId, count, message.id]);
  const remove = async () => {
    await trpc.messages.delete.mutate({ messageId: message.id });
    if (withNotes) await Promise.all(notes.map(({ id }) => trpc.notes.remove.mutate({ roomId, noteId: id })));
  };
  return (
    <ConfirmDialog
      title="Delete this message?"
      description="Everyone sees that a message was here, and nobody what it said."
      confirm="Delete"
      onClose={onClose}
      onConfirm={remove}
    >
      {notes.length > 0 && (
        <div className="mt-3">
          <CheckLine
            checked={withNotes}
            onChange={setWithNotes}
            errorId={undefined}
            means={notes.length === 1 ? `It says: ${firstWords(notes[0]!.text)}` : 'They may say what the message said.'}
          >
            {notes.length === 1 ? 'Remove the note from it too' : `Remove the ${notes.length} notes from it too`}
          </CheckLine>
        </div>
      )}
    </ConfirmDialog>
  );
}
