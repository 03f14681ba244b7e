import { maxNoteLength, type NoteView } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextArea } from '../../components/ui/text-area.js';

interface NoteDialogProps {
  roomId: string;
  /** The note that gets another text; null for a new one. */
  note: NoteView | null;
  onClose: () => void;
}

/** Writes a note. A text that somebody else gave it meanwhile is shown, and replaced only by a second press. */
export function NoteDialog({ roomId, note, onClose }: NoteDialogProps) {
  const { trpc } = useClient();
  const [text, setText] = useState(note?.text ?? '');
  /** The note as it was last read. */
  const [read, setRead] = useState(note);
  const overtaken = read !== null && read.rev !== note?.rev;
  const save = async () => {
    const change = read ? { noteId: read.id, version: read.rev } : {};
    try {
      await trpc.notes.save.mutate({ roomId, text, ...change });
    } catch (error) {
      const now = read && (await trpc.notes.list.query({ roomId }).catch(() => null))?.find(({ id }) => id === read.id);
      if (now && now.rev !== read.rev) setRead(now);
      throw error;
    }
  };
  return (
    <FormDialog
      title={note ? `Note ${note.number}` : 'New note'}
      description="Everyone in this room sees it, and characters are told of it, with your name."
      submit={overtaken ? 'Replace it' : 'Save'}
      missing={{ text: text.trim() === '' && 'Write something first.' }}
      onSubmit={save}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <TextArea
            label="Note"
            maxLength={maxNoteLength}
            autoFocus
            value={text}
            onChange={(event) => setText(event.target.value)}
            error={problemAt('text')}
          />
          {overtaken && (
            <div className="text-13 text-ink-2">
              Meanwhile it says:
              <blockquote dir="auto" className="mt-1.5 border-l-2 border-line-strong pl-2.5 wrap-anywhere whitespace-pre-line text-ink">
                {read.text}
              </blockquote>
            </div>
          )}
        </>
      )}
    </FormDialog>
  );
}
