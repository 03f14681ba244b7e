import { useState, type FormEvent, type ReactNode } from 'react';
import { useCall } from '../../client/use-call.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';

interface FormDialogProps<Field extends string> {
  title: ReactNode;
  description: string;
  size?: 'narrow' | 'wide';
  /** The text of the button that sends the form. */
  submit: string;
  /** By field of the input: what keeps the form from being sent, or false. */
  missing: Record<Field, string | false>;
  /** Called once nothing is missing. The dialog closes after it; after a failure it stays open and says why, at its field if there is one. */
  onSubmit: () => Promise<unknown>;
  /** Called when the dialog is closed, whichever way. */
  onClose: () => void;
  /** What gets the focus after it was sent, instead of what had it before. */
  next?: () => HTMLElement | null;
  /** The fields. @param problemAt what to say at a field: what is missing, once the form was sent, or what the server refused */
  children: (problemAt: (field: Field) => string | undefined) => ReactNode;
}

/** A dialog with a form that makes or changes one thing. */
export function FormDialog<Field extends string>({
  title,
  description,
  size = 'narrow',
  submit,
  missing,
  onSubmit,
  onClose,
  next,
  children,
}: FormDialogProps<Field>) {
  const [sent, setSent] = useState(false);
  const [done, setDone] = useState(false);
  const { busy, problem, field, call } = useCall();
  // The server names the place in a list too: `rooms.0`.
  const wrong = field?.split('.')[0];
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    if (Object.values(missing).some(Boolean)) return;
    if (await call(onSubmit)) setDone(true);
  };
  return (
    <Dialog open={!done} onClose={onClose} onClosed={onClose} size={size} title={title} description={description} next={next}>
      <form onSubmit={(event) => void send(event)} noValidate className="mt-4 flex flex-col gap-5">
        {children((at) => (sent && missing[at]) || (wrong === at && problem) || undefined)}
        {problem && !(wrong !== undefined && wrong in missing) && (
          <p role="alert" className="text-14 text-danger">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button look="primary" type="submit" disabled={busy}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
