import { maxPasskeyNameLength, type PasskeyView, type SecurityView } from '@parley/contracts';
import { useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextField } from '../../components/ui/text-field.js';

interface PasskeysProps {
  security: SecurityView;
  onChanged: () => Promise<unknown>;
}

type Open = { kind: 'add' } | { kind: 'rename' | 'remove'; passkey: PasskeyView };

/** The devices by which the user signs in without a password. */
export function Passkeys({ security, onChanged }: PasskeysProps) {
  const { trpc } = useClient();
  const today = new Date(useToday());
  const [device, setDevice] = useState<typeof import('../../client/passkey-device.js') | null>(null);
  const [open, setOpen] = useState<Open | null>(null);
  useEffect(() => void import('../../client/passkey-device.js').then(setDevice), []);
  const day = (instant: string) => dayName(instant, today).replace(/^(?:Today|Yesterday)/, (word) => word.toLowerCase());
  const close = () => setOpen(null);
  return (
    <>
      <p className="text-14 text-ink-2">
        {security.passkeys.length === 0
          ? 'None yet. With a passkey you sign in by the lock of your phone or computer: there is nothing to type, and nothing to steal.'
          : 'You sign in here by the lock of these devices, without a password.'}
      </p>
      <ul className="flex flex-col divide-y divide-line">
        {security.passkeys.map((passkey) => (
          <li key={passkey.id} className="flex flex-wrap items-center gap-2 py-2.5">
            <div className="min-w-0 flex-1 basis-40">
              <p dir="auto" className="truncate text-14 font-medium">
                {passkey.name}
              </p>
              <p className="text-13 text-ink-3">
                Added {day(passkey.createdAt)} · {passkey.lastUsedAt ? `last used ${day(passkey.lastUsedAt)}` : 'never used'}
              </p>
            </div>
            <Button look="quiet" aria-label={`Rename ${passkey.name}`} onClick={() => setOpen({ kind: 'rename', passkey })}>
              Rename
            </Button>
            <Button look="danger" aria-label={`Remove ${passkey.name}`} onClick={() => setOpen({ kind: 'remove', passkey })}>
              Remove
            </Button>
          </li>
        ))}
      </ul>
      {device?.hasPasskeys() ? (
        <Button className="mt-3" onClick={() => setOpen({ kind: 'add' })}>
          Add a passkey
        </Button>
      ) : (
        device && <p className="mt-2 text-13 text-ink-3">This browser has none for this address. Open this server by its name.</p>
      )}
      {open?.kind === 'add' && device && (
        <AddPasskey
          askPassword={security.password}
          onClose={close}
          onAdd={async (input) => {
            await device.makePasskey(trpc, input);
            await onChanged();
          }}
        />
      )}
      {open?.kind === 'rename' && (
        <RenamePasskey
          passkey={open.passkey}
          onClose={close}
          onRename={async (name) => {
            await trpc.passkeys.rename.mutate({ passkey: open.passkey.id, name });
            await onChanged();
          }}
        />
      )}
      {open?.kind === 'remove' && (
        <ConfirmDialog
          title={
            <>
              Remove “<bdi>{open.passkey.name}</bdi>”?
            </>
          }
          description="Nobody signs in by it any more. The device may go on to offer it; remove it there too."
          confirm="Remove passkey"
          onConfirm={async () => {
            await trpc.passkeys.remove.mutate({ passkey: open.passkey.id });
            await onChanged();
          }}
          onClose={close}
        />
      )}
    </>
  );
}

interface AddPasskeyProps {
  askPassword: boolean;
  onClose: () => void;
  onAdd: (input: { name: string; password: string | undefined }) => Promise<void>;
}

function AddPasskey({ askPassword, onClose, onAdd }: AddPasskeyProps) {
  const [name, setName] = useState('This device');
  const [password, setPassword] = useState('');
  return (
    <FormDialog
      title="Add a passkey"
      description="Your device asks for its lock next."
      submit="Add passkey"
      missing={{ name: name.trim() === '' && 'Give it a name.', password: askPassword && password === '' && 'Type your password.' }}
      onSubmit={() => onAdd({ name: name.trim(), password: askPassword ? password : undefined })}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <TextField
            label="Name"
            hint="How you tell it from others, such as “Phone”."
            maxLength={maxPasskeyNameLength}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problemAt('name')}
          />
          {askPassword && (
            <TextField
              label="Your password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              error={problemAt('password')}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}

function RenamePasskey({
  passkey,
  onClose,
  onRename,
}: {
  passkey: PasskeyView;
  onClose: () => void;
  onRename: (name: string) => Promise<void>;
}) {
  const [name, setName] = useState(passkey.name);
  return (
    <FormDialog
      title="Rename passkey"
      description="Only you see the name."
      submit="Rename"
      missing={{ name: name.trim() === '' && 'Give it a name.' }}
      onSubmit={() => onRename(name.trim())}
      onClose={onClose}
    >
      {(problemAt) => (
        <TextField
          label="Name"
          maxLength={maxPasskeyNameLength}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problemAt('name')}
        />
      )}
    </FormDialog>
  );
}
