import { maxRoomNameLength, maxTopicLength } from '@parley/contracts';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { Button } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { Dialog } from '../../components/ui/dialog.js';
import { TextField } from '../../components/ui/text-field.js';

type Visibility = 'public' | 'private';

const choices: { value: Visibility; label: string; means: string }[] = [
  { value: 'public', label: 'Public', means: 'Anyone here can find and join it.' },
  { value: 'private', label: 'Private', means: 'Only its members know of it.' },
];

export default function NewRoomDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="New room" description="Ada comes with it; ask her with /ask, or @ada.">
      <QueriesProvider>
        <NewRoomForm onClose={onClose} />
      </QueriesProvider>
    </Dialog>
  );
}

function NewRoomForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const create = trpc.rooms.create.useMutation();
  const [name, setName] = useState('');
  const [topic, setTopic] = useState('');
  const [visibility, setVisibility] = useState<Visibility>('public');
  const [missing, setMissing] = useState(false);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(name.trim() === '');
    if (name.trim() === '') return;
    create.mutate(
      { name: name.trim(), topic: topic.trim(), visibility },
      {
        onSuccess: (room) => {
          onClose();
          void navigate({ to: '/rooms/$roomId', params: { roomId: room.id } });
        },
      },
    );
  };

  return (
    <form onSubmit={onSubmit} noValidate className="mt-4 flex flex-col gap-4">
      <TextField
        label="Name"
        maxLength={maxRoomNameLength}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={missing && name.trim() === '' ? 'Give the room a name.' : undefined}
      />
      <TextField label="Topic (optional)" maxLength={maxTopicLength} value={topic} onChange={(event) => setTopic(event.target.value)} />
      <fieldset className="grid grid-cols-2 gap-2">
        <legend className="mb-1.5 text-13 font-medium text-ink-2">Who can join</legend>
        {choices.map((choice) => (
          <label
            key={choice.value}
            className={cx(
              'cursor-pointer rounded-control border p-2.5 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
              visibility === choice.value ? 'border-accent bg-accent-soft' : 'border-line-strong hover:bg-hover',
            )}
          >
            <input
              type="radio"
              name="visibility"
              value={choice.value}
              checked={visibility === choice.value}
              onChange={() => setVisibility(choice.value)}
              className="sr-only"
            />
            <span className="block text-14 font-medium">{choice.label}</span>
            <span className="block text-13 text-ink-2">{choice.means}</span>
          </label>
        ))}
      </fieldset>
      {create.error && (
        <p role="alert" className="text-14 text-danger">
          {errorMessage(create.error)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button look="primary" type="submit" disabled={create.isPending}>
          {create.isPending ? 'Creating…' : 'Create room'}
        </Button>
      </div>
    </form>
  );
}
