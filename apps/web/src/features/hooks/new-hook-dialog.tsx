import { maxHookNameLength, type MadeHook } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { trpc as queries } from '../../client/trpc.js';
import { Field } from '../../components/ui/field.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextField } from '../../components/ui/text-field.js';
import { shownOnceId } from './shown-once-id.js';

interface NewHookDialogProps {
  roomId: string;
  onClose: () => void;
  onMade: (made: MadeHook) => void;
}

/** Once the address is made it has the focus. */
export function NewHookDialog({ roomId, onClose, onMade }: NewHookDialogProps) {
  const { trpc } = useClient();
  const bots = queries.bots.list.useQuery();
  const [name, setName] = useState('');
  /** A username; empty for a bot that is made for it. */
  const [bot, setBot] = useState('');
  return (
    <FormDialog
      title="New address to write to"
      description="A program that is given the address writes into this room, as a bot: Grafana, Alertmanager, or any that speaks as to Slack."
      submit="Make address"
      missing={{ name: name.trim() === '' && 'Give it a name, by which you know it again.', bot: false }}
      onSubmit={async () => onMade(await trpc.hooks.create.mutate({ roomId, name: name.trim(), ...(bot === '' ? {} : { bot }) }))}
      onClose={onClose}
      next={() => document.getElementById(shownOnceId)}
    >
      {(problemAt) => (
        <>
          <TextField
            label="Name"
            hint="What writes by it: “Grafana”."
            maxLength={maxHookNameLength}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problemAt('name')}
          />
          <Field label="It writes as" error={problemAt('bot')}>
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
        </>
      )}
    </FormDialog>
  );
}
