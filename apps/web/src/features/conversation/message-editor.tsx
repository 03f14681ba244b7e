import type { MessageView } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import { useEffect, useEffectEvent, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { useDraft } from '../../client/use-draft.js';
import { useIsOpen } from '../../client/use-is-open.js';
import { Button } from '../../components/ui/button.js';
import { isComposing } from '../../components/ui/is-composing.js';
import { replaceText } from '../../components/ui/replace-text.js';
import { useRoomActions } from './room-actions.js';

/** A message being edited in its place. Enter saves, Escape leaves it as it was. */
export default function MessageEditor({ message }: { message: MessageView }) {
  const { trpc } = useClient();
  const { attempt, edit, me } = useRoomActions();
  // The draft is kept if the editor is closed meanwhile or saving fails. A version that was saved elsewhere has a draft of its own.
  const [draft, keepDraft] = useDraft(me.id, `${message.id}.${message.editedAt ?? ''}`);
  const [text, setText] = useState(draft || message.content);
  const change = (next: string) => {
    setText(next);
    keepDraft(next);
  };
  const [before] = useState(message.content);
  const { busy, problem, call } = useCall();
  const box = useRef<HTMLTextAreaElement>(null);
  const open = useIsOpen();

  useEffect(() => {
    const element = box.current!;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
  }, []);
  useEffect(() => {
    const element = box.current!;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight + 2, 360)}px`;
  }, [text]);

  // What was being written goes on in the composer if there is one: a room may have been closed to messages since.
  const giveUp = useEffectEvent(() => {
    const composer = document.querySelector<HTMLTextAreaElement>('textarea[aria-label="Message"]');
    const changed = text !== before && text.trim() !== '';
    if (changed && !composer) return;
    keepDraft('');
    edit(null);
    if (!changed || !composer) return;
    const { length } = composer.value;
    replaceText(composer, { from: length, to: length, insert: length === 0 ? text : `\n${text}` });
    // The server says why it takes no edit any more.
    void attempt(() => trpc.messages.edit.mutate({ messageId: message.id, content: text }), 'What you were writing is in the box below. ');
  });
  const gone = message.deletedAt !== null;
  useEffect(() => {
    if (gone) giveUp();
  }, [gone]);

  const save = async (event?: FormEvent) => {
    event?.preventDefault();
    if (text.trim() === '' || busy) return;
    // Of a text that would show nothing, the server says that it is refused.
    const content = sentText(text) || text;
    const saved =
      content === message.content ||
      (await call(async () => {
        try {
          await trpc.messages.edit.mutate({ messageId: message.id, content });
        } catch (error) {
          // If the editor was closed meanwhile, say here that saving failed. Opened again it still has the text.
          if (!open.current) void attempt(() => Promise.reject(error), 'An edit was not saved. ');
          throw error;
        }
      }));
    // Another message may be open by now: clear only this one's draft.
    if (saved) keepDraft('');
    if (saved && open.current) edit(null);
  };
  const cancel = () => {
    keepDraft('');
    edit(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      cancel();
    }
    if (event.key === 'Enter' && !event.shiftKey && !window.matchMedia('(pointer: coarse)').matches) {
      event.preventDefault();
      void save();
    }
  };
  return (
    <form onSubmit={(event) => void save(event)} className="my-1">
      <textarea
        ref={box}
        dir="auto"
        aria-label="Edit message"
        rows={1}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        className="block w-full resize-none rounded-control border border-line-strong bg-surface px-3 py-1.5 text-15 outline-none focus:border-accent max-wide:text-16"
      />
      <div className="mt-1.5 flex items-center gap-1.5">
        <Button size="small" look="primary" type="submit" disabled={busy || text.trim() === ''}>
          Save
        </Button>
        <Button size="small" look="quiet" onClick={cancel}>
          Cancel
        </Button>
        {problem && (
          <span role="alert" className="text-13 text-danger">
            {problem}
          </span>
        )}
      </div>
    </form>
  );
}
