import { maxDisplayNameLength } from '@parley/contracts';
import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { Dialog } from '../../components/ui/dialog.js';
import { TextField } from '../../components/ui/text-field.js';

export function NewBotDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const { trpc } = useClient();
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [sent, setSent] = useState(false);
  const { busy, problem, field, call } = useCall();
  const handle = username.trim().replace(/^@/, '');
  const name = displayName.trim();
  const problemAt = (wanted: string) => (field === wanted && problem) || undefined;
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    if (handle === '') return;
    if (await call(() => trpc.bots.create.mutate({ username: handle, ...(name === '' ? {} : { displayName: name }) }))) onMade();
  };
  return (
    <Dialog open onClose={onClose} title="New bot" description="Everyone sees that it is a bot. What it asks of the AI counts as yours.">
      <form onSubmit={(event) => void make(event)} noValidate className="mt-4 flex flex-col gap-4">
        <TextField
          label="Username"
          hint="How it is mentioned: @username. It stays as it is."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
          error={sent && handle === '' ? 'Give the bot a username.' : problemAt('username')}
        />
        <TextField
          label="Name (optional)"
          maxLength={maxDisplayNameLength}
          autoComplete="off"
          value={displayName}
          onChange={(event) => setDisplayName(event.target.value)}
          error={problemAt('displayName')}
        />
        {problem && field !== 'username' && field !== 'displayName' && (
          <p role="alert" className="text-14 text-danger">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button look="primary" type="submit" disabled={busy}>
            Make bot
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
