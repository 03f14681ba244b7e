import type { NoteView, RoomView } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { clockTime, dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Button, IconButton } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { icon } from '../../components/ui/icon.js';
import { NameMark } from '../../components/ui/name-mark.js';
import { NoteDialog } from './note-dialog.js';

interface NotesProps {
  session: RoomSession;
  room: RoomView;
  /** Whether a dialog is open, which then has the Escape key. */
  onBusy: (busy: boolean) => void;
}

/** What the people of the room want kept, by the notes' numbers: who wrote each, and the message that it is from. */
export default function Notes({ session, room, onBusy }: NotesProps) {
  const { trpc } = useClient();
  const today = useToday();
  const { messages, mine } = useRoomState(session);
  const may = useMay(roomFacts(room, mine?.role ?? null));
  const [notes, setNotes] = useState<NoteView[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState<{ to: 'write' | 'remove'; note: NoteView | null } | null>(null);
  // The router ignores a link to the current address, so each press gets a new visit number.
  const [visit, setVisit] = useState(() => Date.now());
  // Fetch the notes again whenever the room says that they changed, or a message that one is from is deleted, hidden or shown again.
  const sources = new Set(notes?.map(({ source }) => source?.messageId));
  const changed = [
    room.notes?.rev ?? room.rev,
    ...messages
      .filter(({ id, deletedAt, hiddenFromAi }) => sources.has(id) && (deletedAt !== null || hiddenFromAi))
      .map(({ id, rev }) => `${id} ${rev}`),
  ].join();
  useEffect(() => {
    let wanted = true;
    trpc.notes.list.query({ roomId: session.roomId }).then(
      (found) => {
        if (!wanted) return;
        setNotes(found);
        setProblem(null);
      },
      (error: unknown) => wanted && setProblem(errorMessage(error)),
    );
    return () => {
      wanted = false;
    };
  }, [trpc, session, changed]);
  useEffect(() => {
    onBusy(asked !== null);
    return () => onBusy(false);
  }, [onBusy, asked]);
  const close = () => setAsked(null);
  return (
    <div className="mb-3 flex flex-col items-start gap-2">
      {problem ? (
        <p role="alert" className="text-13 text-danger">
          {problem}
        </p>
      ) : !notes ? (
        <span role="status" aria-label="Loading notes" className="skeleton my-2 block h-3.5 w-40" />
      ) : notes.length === 0 ? (
        <p className="text-13 text-ink-3">Nothing is noted yet. Notes are for everyone here, and characters are told of them.</p>
      ) : (
        <ul aria-label="Notes" className="flex w-full flex-col">
          {notes.map((note) => (
            <li key={note.id} className="group/note relative -mx-1.5 rounded-chip px-1.5 py-1.5 text-13 hover:bg-hover">
              <div className="flex items-center gap-x-1.5 text-ink-3">
                <span className="tabular-nums">{note.number}</span>
                <bdi className="truncate font-medium text-ink">{note.author.name}</bdi>
                {note.author.id === null && <NameMark says="imported" />}
                <span className="shrink-0 tabular-nums">
                  {dayName(note.updatedAt, new Date(today))} {clockTime(note.updatedAt)}
                </span>
                <span className="-my-1.5 ml-auto flex opacity-0 group-focus-within/note:opacity-100 group-hover/note:opacity-100 max-wide:opacity-100">
                  {may('notes.save') && (
                    <IconButton
                      label={`Edit note ${note.number}`}
                      className="max-wide:size-10"
                      onClick={() => setAsked({ to: 'write', note })}
                    >
                      <Pencil {...icon} />
                    </IconButton>
                  )}
                  {may('notes.remove') && (
                    <IconButton
                      label={`Remove note ${note.number}`}
                      className="max-wide:size-10"
                      onClick={() => setAsked({ to: 'remove', note })}
                    >
                      <Trash2 {...icon} />
                    </IconButton>
                  )}
                </span>
              </div>
              <p dir="auto" className="mt-0.5 wrap-anywhere whitespace-pre-line text-ink">
                {note.text}
              </p>
              {note.editor && note.editor.id !== note.author.id && (
                <p className="mt-0.5 text-12 text-ink-3">
                  Changed by <bdi>{note.editor.displayName}</bdi>
                </p>
              )}
              {!note.toldToAi && (
                <p className="mt-0.5 text-12 text-ink-2">
                  {note.source?.state === 'deleted' ? 'Its message was deleted' : 'Its message is hidden from AI'}, so no character is told
                  of it. Give it a text of its own to change that.
                </p>
              )}
              {note.source && note.source.state !== 'deleted' && (
                <Link
                  to="/rooms/$roomId"
                  params={{ roomId: note.roomId }}
                  search={{ at: note.source.seq }}
                  hash={`message-${note.source.messageId}`}
                  state={{ visit }}
                  onClick={() => setVisit(visit + 1)}
                  preload={false}
                  className="mt-0.5 inline-block text-12 text-accent hover:underline max-wide:py-3"
                >
                  From a message
                  <span className="sr-only">, of note {note.number}</span>
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {may('notes.save') && (
        <Button onClick={() => setAsked({ to: 'write', note: null })}>
          <Plus {...icon} />
          Add a note
        </Button>
      )}
      {asked?.to === 'write' && <NoteDialog roomId={session.roomId} note={asked.note} onClose={close} />}
      {asked?.to === 'remove' && asked.note && (
        <ConfirmDialog
          title={`Remove note ${asked.note.number}?`}
          description="It is gone for everyone here, and no character is told of it any more."
          confirm="Remove"
          onClose={close}
          onConfirm={() => trpc.notes.remove.mutate({ roomId: session.roomId, noteId: asked.note!.id, version: asked.note!.rev })}
        />
      )}
    </div>
  );
}
