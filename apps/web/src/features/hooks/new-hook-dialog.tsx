import { maxHookNameLength, type MadeHook } from '@parley/contracts';
import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { trpc as queries } from '../../client/trpc.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { Dialog } from '../../components/ui/dialog.js';
import { Field } from '../../components/ui/field.js';
import { TextField } from '../../components/ui/text-field.js';
import { shownOnceId } from './shown-once-id.js';

interface NewHookDialogProps {
  roomId: string;
  onClose: () => void;
  onMade: (made: MadeHook) => void;
}

/** It closes by itself once the address is made, and then hands the focus to it. */
export function NewHookDialog({ roomId, onClose, onMade }: NewHookDialogProps) {
  const [made, setMade] = useState(false);
  return (
    <Dialog
      open={!made}
      onClose={onClose}
      next={() => document.getElementById(shownOnceId)}
      title="New address to write to"
      description="A program that is given the address writes into this room, as a bot: Grafana, Alertmanager, or any that speaks as to Slack."
    >
      <HookForm
        roomId={roomId}
        onClose={onClose}
        onMade={(hook) => {
          onMade(hook);
          setMade(true);
        }}
      />
    </Dialog>
  );
}

function HookForm({ roomId, onClose, onMade }: NewHookDialogProps) {
  const { trpc } = useClient();
  const bots = queries.bots.list.useQuery();
  const [name, setName] = useState('');
  /** A username; empty for a bot that is made for it. */
  const [bot, setBot] = useState('');
  const [sent, setSent] = useState(false);
  const { busy, problem, field, call } = useCall();
  const missing = name.trim() === '' && 'Give it a name, by which you know it again.';
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    if (missing) return;
    await call(async () => onMade(await trpc.hooks.create.mutate({ roomId, name: name.trim(), ...(bot === '' ? {} : { bot }) })));
  };
  return (
    <form onSubmit={(event) => void make(event)} noValidate className="mt-4 flex flex-col gap-5">
      <TextField
        label="Name"
        hint="What writes by it: “Grafana”."
        maxLength={maxHookNameLength}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={(sent && missing) || (field === 'name' && problem) || undefined}
      />
      <Field label="It writes as" error={(field === 'bot' && problem) || undefined}>
        {(control) => (
          <select {...control} className={`${control.className} h-10`} value={bot} onChange={(event) => setBot(event.target.value)}>
            <option value="">A new bot, made for it</option>
            {bots.data?.map(({ user }) => (
              <option key={user.id} value={user.username}>
                {user.displayName} (@{user.username})
              </option>
            ))}
          </select>
        )}
      </Field>
      {problem && field !== 'name' && field !== 'bot' && (
        <p role="alert" className="text-14 text-danger">
          {problem}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button look="primary" type="submit" disabled={busy}>
          Make address
        </Button>
      </div>
    </form>
  );
}
