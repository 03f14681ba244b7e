import type { ReactNode } from 'react';
import { useCall } from '../../client/use-call.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';

interface ConfirmDialogProps {
  title: ReactNode;
  description: string;
  /** The text of the button that confirms. */
  confirm: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  /** What else is decided with it. @default nothing */
  children?: ReactNode;
}

/** Asks before something that cannot be undone. It closes after success; after a failure it stays open and shows the reason. */
export function ConfirmDialog({ title, description, confirm, onConfirm, onClose, children }: ConfirmDialogProps) {
  const { busy, problem, call } = useCall();
  const run = async () => {
    if (await call(onConfirm)) onClose();
  };
  return (
    <Dialog open onClose={onClose} title={title} description={description}>
      {children}
      {problem && (
        <p role="alert" className="mt-3 text-14 text-danger">
          {problem}
        </p>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button look="danger" disabled={busy} onClick={() => void run()}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}
