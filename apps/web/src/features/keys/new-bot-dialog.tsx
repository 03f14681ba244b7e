import { maxDisplayNameLength } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextField } from '../../components/ui/text-field.js';

export function NewBotDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const { trpc } = useClient();
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const handle = username.trim().replace(/^@/, '');
  const name = displayName.trim();
  return (
    <FormDialog
      title="New bot"
      description="Everyone sees that it is a bot. What it asks of the AI counts as yours."
      submit="Make bot"
      missing={{ username: handle === '' && 'Give the bot a username.', displayName: false }}
      onSubmit={async () => {
        await trpc.bots.create.mutate({ username: handle, ...(name === '' ? {} : { displayName: name }) });
        onMade();
      }}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <TextField
            label="Username"
            hint="How it is mentioned: @username. It stays as it is."
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
            error={problemAt('username')}
          />
          <TextField
            label="Name (optional)"
            maxLength={maxDisplayNameLength}
            autoComplete="off"
            value={displayName}
            onChange={(event) => setDisplayName(event.target.value)}
            error={problemAt('displayName')}
          />
        </>
      )}
    </FormDialog>
  );
}
