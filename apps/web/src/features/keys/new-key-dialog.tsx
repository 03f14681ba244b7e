import { maxKeyNameLength, may, type AccountView, type BotView, type KeyScope, type MadeKey } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { dayKey } from '../../components/time/time.js';
import { Field } from '../../components/ui/field.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextField } from '../../components/ui/text-field.js';
import { endOf, keyEnds, type KeyEnd } from './key-end.js';
import { madeKeyId } from './made-key.js';
import { RoomChoice } from './room-choice.js';
import { ScopeChoice } from './scope-choice.js';

interface NewKeyDialogProps {
  user: AccountView;
  /** Whose key it becomes; null for one of the user's own. */
  bot: BotView | null;
  onClose: () => void;
  onMade: (made: MadeKey) => void;
}

/** Once the key is made it has the focus. */
export function NewKeyDialog({ user, bot, onClose, onMade }: NewKeyDialogProps) {
  const { trpc } = useClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly KeyScope[]>([]);
  /** Null for all rooms. */
  const [rooms, setRooms] = useState<readonly string[] | null>(null);
  const [end, setEnd] = useState<KeyEnd>('90');
  const [day, setDay] = useState('');
  const make = async () => {
    const expiresAt = endOf(end, day, new Date());
    onMade(
      await trpc.keys.create.mutate({
        name: name.trim(),
        scopes: [...scopes],
        ...(bot ? { bot: bot.user.username } : {}),
        ...(rooms ? { rooms: [...rooms] } : {}),
        ...(expiresAt ? { expiresAt } : {}),
      }),
    );
  };
  return (
    <FormDialog
      size="wide"
      title={
        bot ? (
          <>
            New key for <bdi>{bot.user.displayName}</bdi>
          </>
        ) : (
          'New key'
        )
      }
      description={bot ? 'A program that has it acts as this bot.' : 'A program that has it acts as you.'}
      submit="Make key"
      missing={{
        name: name.trim() === '' && 'Give the key a name, by which you know it again.',
        scopes: scopes.length === 0 && 'Choose at least one thing that it may do.',
        rooms: rooms?.length === 0 && 'Choose at least one room.',
        expiresAt: end === 'date' && endOf(end, day, new Date()) === undefined && 'Choose a day that is not over.',
      }}
      onSubmit={make}
      onClose={onClose}
      next={() => document.getElementById(madeKeyId)}
    >
      {(problemAt) => (
        <>
          <TextField
            label="Name"
            hint="What it is for. Only you see it."
            maxLength={maxKeyNameLength}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problemAt('name')}
          />
          <ScopeChoice
            // A bot is never an admin.
            admin={bot === null && may('users.disable', { instanceRole: user.role })}
            chosen={scopes}
            onChange={setScopes}
            error={problemAt('scopes')}
          />
          <RoomChoice forBot={bot !== null} chosen={rooms} onChange={setRooms} error={problemAt('rooms')} />
          <div className="flex gap-3 max-wide:flex-col">
            <Field label="It ends" error={end === 'date' ? undefined : problemAt('expiresAt')} className="flex-1">
              {(control) => (
                <select
                  {...control}
                  className={`${control.className} h-10`}
                  value={end}
                  onChange={(event) => setEnd(event.target.value as KeyEnd)}
                >
                  {keyEnds.map(({ value, label }) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {end === 'date' && (
              <TextField
                label="Last day"
                type="date"
                min={dayKey(new Date().toISOString())}
                value={day}
                onChange={(event) => setDay(event.target.value)}
                error={problemAt('expiresAt')}
                className="flex-1"
              />
            )}
          </div>
        </>
      )}
    </FormDialog>
  );
}
