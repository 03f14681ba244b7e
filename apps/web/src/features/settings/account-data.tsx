import { Download } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { downloadFile } from '../../client/files.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { Dialog } from '../../components/ui/dialog.js';
import { icon } from '../../components/ui/icon.js';
import { TextField } from '../../components/ui/text-field.js';

export function AccountData({ username }: { username: string }) {
  const client = useClient();
  const { busy, problem, call } = useCall();
  const [removing, setRemoving] = useState(false);
  return (
    <div className="flex flex-col gap-5">
      <div>
        <p className="mb-2.5 text-14 text-ink-2">Your account, your rooms and what you wrote, as a file of JSON lines.</p>
        <Button disabled={busy} onClick={() => void call(() => downloadFile(client, '/api/me/export', `${username}.jsonl`))}>
          <Download {...icon} />
          {busy ? 'Exporting…' : 'Export my data'}
        </Button>
        {problem && (
          <p role="alert" className="mt-2 text-14 text-danger">
            {problem}
          </p>
        )}
      </div>
      <div>
        <p className="mb-2.5 text-14 text-ink-2">Your account is removed for good, on every device.</p>
        <Button look="danger" onClick={() => setRemoving(true)}>
          Remove account…
        </Button>
      </div>
      {removing && <RemoveDialog onClose={() => setRemoving(false)} />}
    </div>
  );
}

function RemoveDialog({ onClose }: { onClose: () => void }) {
  const { auth, trpc } = useClient();
  const [password, setPassword] = useState('');
  const { busy, problem, call } = useCall();
  const remove = async (event: FormEvent) => {
    event.preventDefault();
    if (password === '') return;
    await call(async () => {
      await trpc.users.removeAccount.mutate({ password });
      await auth.logout();
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Remove your account?"
      description="This cannot be taken back. Your password confirms that it is you."
    >
      <form onSubmit={(event) => void remove(event)} noValidate className="mt-4 flex flex-col gap-4">
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {problem && (
          <p role="alert" className="text-14 text-danger">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button look="danger" type="submit" disabled={busy || password === ''}>
            Remove account
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
