import type { HiddenTextView, MessageView } from '@parley/contracts';
import { useEffect, useState } from 'react';
import { errorMessage } from '../../client/errors.js';
import { useClient } from '../../client/client-context.js';
import { Dialog } from '../../components/ui/dialog.js';

/** What a hidden message says, for moderators. It is shown as text: nothing in it is drawn or can be pressed. */
export function HiddenDialog({ message, onClose }: { message: MessageView; onClose: () => void }) {
  const { trpc } = useClient();
  const [found, setFound] = useState<HiddenTextView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    trpc.messages.hiddenText.query({ messageId: message.id }).then(
      (text) => wanted && setFound(text),
      (error: unknown) => wanted && setProblem(errorMessage(error)),
    );
    return () => {
      wanted = false;
    };
  }, [trpc, message.id]);
  return (
    <Dialog
      open
      onClose={onClose}
      title="Hidden message"
      description={
        !found
          ? 'Moderators may look at it.'
          : found.by
            ? `${found.by.displayName} hid it from everyone.`
            : 'The moderation of this server hid it.'
      }
    >
      {problem ? (
        <p role="alert" className="mt-3 text-14 text-danger">
          {problem}
        </p>
      ) : found ? (
        <blockquote
          dir="auto"
          className="mt-4 max-h-80 overflow-y-auto border-l-2 border-line-strong pl-3 text-14 wrap-anywhere whitespace-pre-line"
        >
          {found.content}
        </blockquote>
      ) : (
        <span role="status" aria-label="Loading the text" className="skeleton mt-4 block h-4 w-3/5" />
      )}
    </Dialog>
  );
}
