import { useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { downloadFile } from '../../client/files.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { ChoiceCards } from '../../components/ui/choice-cards.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { icon } from '../../components/ui/icon.js';
import { TextField } from '../../components/ui/text-field.js';
import { AdminSection } from './admin-section.js';

const choices = [
  { value: 'keep', label: 'Messages stay', means: 'Without their name.' },
  { value: 'remove', label: 'Messages go', means: 'Their texts are removed, too.' },
] as const;

/** Everything about one person: handed out, or removed. */
export function PersonData() {
  const client = useClient();
  const queries = useQueryClient();
  const [username, setUsername] = useState('');
  const [removing, setRemoving] = useState(false);
  const [messages, setMessages] = useState<'keep' | 'remove'>('keep');
  const { busy, problem, call } = useCall();
  const name = username.trim().toLowerCase().replace(/^@/, '');
  return (
    <AdminSection
      title="Everything about a person"
      about="The export has all that the server keeps of them, without secrets. The removal ends the account for good and leaves a record of what stays and why."
    >
      <TextField
        label="Whose"
        className="max-w-sm"
        placeholder="@username"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        error={problem ?? undefined}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          disabled={busy || name === ''}
          onClick={() => void call(() => downloadFile(client, `/api/users/${encodeURIComponent(name)}/export`, `person-${name}.jsonl`))}
        >
          <Download {...icon} />
          {busy ? 'Exporting…' : 'Export'}
        </Button>
        <Button look="danger" disabled={busy || name === ''} onClick={() => setRemoving(true)}>
          Remove account…
        </Button>
      </div>
      {removing && (
        <ConfirmDialog
          title={
            <>
              Remove <bdi>@{name}</bdi>?
            </>
          }
          description="They are signed out everywhere, leave their rooms and lose their name. This cannot be taken back."
          confirm="Remove account"
          onConfirm={async () => {
            await client.trpc.users.removePerson.mutate({ username: name, messages });
            setUsername('');
            await queries.invalidateQueries({ queryKey: ['admin', 'removals'] });
          }}
          onClose={() => setRemoving(false)}
        >
          <div className="mt-4">
            <ChoiceCards legend="What they said" name="removedMessages" choices={choices} value={messages} onChange={setMessages} />
          </div>
        </ConfirmDialog>
      )}
    </AdminSection>
  );
}
