import { maxInviteUses, type InviteView, type MadeInvite } from '@parley/contracts';
import { useCallback, useEffect, useState } from 'react';
import { useClient, useInbox } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { useCall } from '../../client/use-call.js';
import { dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Button } from '../../components/ui/button.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { ShownOnce } from '../../components/ui/shown-once.js';
import { TextField } from '../../components/ui/text-field.js';

/** For admins: the links by which people make accounts. */
export function Invitations() {
  const { trpc } = useClient();
  const [invites, setInvites] = useState<readonly InviteView[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState<MadeInvite | null>(null);
  const [open, setOpen] = useState(false);
  const load = useCallback(() => trpc.invites.list.query().then(setInvites, (error: unknown) => setProblem(errorMessage(error))), [trpc]);
  useEffect(() => void load(), [load]);
  return (
    <>
      <p className="text-14 text-ink-2">A link by which people make an account, and the rooms in which they then are.</p>
      {made && (
        <div className="mt-3">
          <ShownOnce
            label="Link"
            title="The invitation is made"
            description="Send this link. It is not shown again."
            id="made-invite"
            value={`${location.origin}/sign-in#invite=${made.code}`}
            onDone={() => setMade(null)}
          />
        </div>
      )}
      {problem && (
        <p role="alert" className="mt-2 text-14 text-danger">
          {problem}
        </p>
      )}
      {!invites && !problem && <span role="status" aria-label="Loading invitations" className="skeleton mt-3 block h-5 w-3/5" />}
      <ul className="mt-1 flex flex-col divide-y divide-line">
        {invites?.map((invite) => (
          <Invite key={invite.id} invite={invite} onRevoked={load} />
        ))}
      </ul>
      <Button className="mt-3" onClick={() => setOpen(true)}>
        Invite people
      </Button>
      {open && (
        <NewInvite
          onClose={() => setOpen(false)}
          onMade={(invite) => {
            setMade(invite);
            void load();
          }}
        />
      )}
    </>
  );
}

function Invite({ invite, onRevoked }: { invite: InviteView; onRevoked: () => Promise<void> }) {
  const { trpc } = useClient();
  const today = new Date(useToday());
  const { busy, problem, call } = useCall();
  const { id, uses, maxUses, rooms, madeBy, expiresAt } = invite;
  const revoke = async () => {
    if (await call(() => trpc.invites.revoke.mutate({ inviteId: id }))) await onRevoked();
  };
  return (
    <li className="flex items-center gap-3 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate text-14 font-medium">
          {rooms.length === 0 ? 'To the Lobby' : <bdi>{rooms.map(({ name }) => name).join(', ')}</bdi>}
        </p>
        <p className="text-13 text-ink-3">
          {uses} of {maxUses} used · until {dayName(expiresAt, today)} · by <bdi>{madeBy?.displayName ?? 'the operator'}</bdi>
        </p>
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
      </div>
      <Button look="danger" disabled={busy} onClick={() => void revoke()}>
        Revoke
      </Button>
    </li>
  );
}

function NewInvite({ onClose, onMade }: { onClose: () => void; onMade: (invite: MadeInvite) => void }) {
  const { trpc } = useClient();
  const { rooms } = useInbox();
  const [uses, setUses] = useState('1');
  const [days, setDays] = useState('7');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const choices = (rooms ?? []).filter(({ room }) => room.visibility !== 'direct' && room.archivedAt === null);
  const whole = (text: string, max: number) => /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= max;
  return (
    <FormDialog
      title="Invite people"
      description="Whoever has the link makes an account, until it is used up or has run out."
      submit="Make link"
      missing={{
        uses: !whole(uses, maxInviteUses) && `A number from 1 to ${maxInviteUses}.`,
        days: !whole(days, 365) && 'A number from 1 to 365.',
        rooms: false,
      }}
      onSubmit={async () => onMade(await trpc.invites.create.mutate({ uses: Number(uses), days: Number(days), rooms: [...chosen] }))}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <div className="grid grid-cols-2 gap-4">
            <TextField
              label="For how many people"
              inputMode="numeric"
              value={uses}
              onChange={(event) => setUses(event.target.value)}
              error={problemAt('uses')}
            />
            <TextField
              label="For how many days"
              inputMode="numeric"
              value={days}
              onChange={(event) => setDays(event.target.value)}
              error={problemAt('days')}
            />
          </div>
          {choices.length > 0 && (
            <fieldset>
              <legend className="mb-1.5 text-13 font-medium text-ink-2">Rooms they enter, beside the Lobby</legend>
              <div className="max-h-48 overflow-y-auto">
                {choices.map(({ room }) => (
                  <CheckLine
                    key={room.id}
                    errorId={undefined}
                    checked={chosen.includes(room.id)}
                    onChange={(on) => setChosen(on ? [...chosen, room.id] : chosen.filter((id) => id !== room.id))}
                  >
                    <bdi>{room.name}</bdi>
                  </CheckLine>
                ))}
              </div>
              {problemAt('rooms') && <p className="mt-1 text-13 text-danger">{problemAt('rooms')}</p>}
            </fieldset>
          )}
        </>
      )}
    </FormDialog>
  );
}
