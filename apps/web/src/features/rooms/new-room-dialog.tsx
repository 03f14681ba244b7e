import { maxRoomNameLength, maxTopicLength } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type FormEvent } from 'react';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { Button } from '../../components/ui/button.js';
import { ChoiceCards } from '../../components/ui/choice-cards.js';
import { Dialog } from '../../components/ui/dialog.js';
import { TextField } from '../../components/ui/text-field.js';
import { ImportRoom } from './import-room.js';
import { visibilities } from './visibilities.js';

export default function NewRoomDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const made = useRef(false);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      // In the new room one goes on writing, unless its box is still to come and takes the focus itself.
      next={() => (made.current ? document.querySelector('textarea[aria-label=Message]') : null)}
      title="New room"
      description={`Ada comes with it; ask her with /${commandFiles.ask.name}, or @ada.`}
    >
      <QueriesProvider>
        <NewRoomForm
          onClose={onClose}
          onMade={() => {
            made.current = true;
          }}
        />
      </QueriesProvider>
    </Dialog>
  );
}

function NewRoomForm({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const navigate = useNavigate();
  const create = trpc.rooms.create.useMutation();
  const [name, setName] = useState('');
  const [topic, setTopic] = useState('');
  const [visibility, setVisibility] = useState<'public' | 'private'>('public');
  const [missing, setMissing] = useState(false);

  const goTo = (roomId: string) => {
    onMade();
    onClose();
    void navigate({ to: '/rooms/$roomId', params: { roomId } });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(name.trim() === '');
    if (name.trim() === '') return;
    create.mutate(
      { name: name.trim(), topic: topic.trim(), visibility },
      {
        onSuccess: (room) => goTo(room.id),
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
      <ChoiceCards legend="Who can join" name="visibility" choices={visibilities} value={visibility} onChange={setVisibility} />
      {create.error && (
        <p role="alert" className="text-14 text-danger">
          {errorMessage(create.error)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <ImportRoom onImported={goTo} />
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
