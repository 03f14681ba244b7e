import type { HoldView } from '@parley/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, Plus } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { downloadFile } from '../../client/files.js';
import { useCall } from '../../client/use-call.js';
import { dayName } from '../../components/time/time.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { icon } from '../../components/ui/icon.js';
import { TextField } from '../../components/ui/text-field.js';
import { AdminSection, Asked } from './admin-section.js';

const queryKey = ['admin', 'holds'];

/** Legal holds: placed, exported, lifted. */
export function Holds() {
  const { trpc } = useClient();
  const queries = useQueryClient();
  const holds = useQuery({ queryKey, queryFn: () => trpc.holds.list.query() });
  const [placing, setPlacing] = useState(false);
  const [lifting, setLifting] = useState<HoldView | null>(null);
  const changed = () => queries.invalidateQueries({ queryKey });
  return (
    <AdminSection
      title="Legal holds"
      about="While one stands on a person or a room, nothing of it is removed: not by age, and what people change or delete is set aside. Nobody but admins is told."
    >
      <Asked asked={holds} loading="Loading legal holds">
        {(list) =>
          list.length === 0 ? (
            <p className="text-14 text-ink-3">None was ever placed.</p>
          ) : (
            <ul className="divide-y divide-line">
              {list.map((hold) => (
                <HoldRow key={hold.id} hold={hold} onLift={() => setLifting(hold)} />
              ))}
            </ul>
          )
        }
      </Asked>
      <Button className="self-start" onClick={() => setPlacing(true)}>
        <Plus {...icon} />
        Place a hold
      </Button>
      {placing && <PlaceDialog onPlaced={changed} onClose={() => setPlacing(false)} />}
      {lifting && (
        <ConfirmDialog
          title="Lift this hold?"
          description="What was due by its age goes within the hour, and so does what was set aside. Export it first if it is still needed."
          confirm="Lift hold"
          onConfirm={async () => {
            await trpc.holds.lift.mutate({ holdId: lifting.id });
            await changed();
          }}
          onClose={() => setLifting(null)}
        />
      )}
    </AdminSection>
  );
}

function HoldRow({ hold, onLift }: { hold: HoldView; onLift: () => void }) {
  const client = useClient();
  const { busy, problem, call } = useCall();
  const { id, kind, name, reason, placedAt, placedBy, liftedAt, liftedBy, copies } = hold;
  const of = kind === 'person' ? `@${name}` : name || 'A conversation';
  const by = (who: string | null) => (who ? ` by @${who}` : '');
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="text-14 font-medium wrap-anywhere">
          <bdi>{of}</bdi>
          {liftedAt && <span className="font-normal text-ink-3"> · lifted</span>}
        </p>
        <p dir="auto" className="text-13 wrap-anywhere text-ink-2">
          {reason}
        </p>
        <p className="text-13 text-ink-3">
          {`Placed${by(placedBy)} · ${dayName(placedAt, new Date())}${liftedAt ? ` · lifted${by(liftedBy)} · ${dayName(liftedAt, new Date())}` : ''} · ${copies} set aside`}
        </p>
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
      </div>
      <div className="flex gap-2">
        <Button
          disabled={busy || copies === 0}
          onClick={() => void call(() => downloadFile(client, `/api/holds/${id}/export`, `hold-${name || id}.jsonl`))}
        >
          <Download {...icon} />
          Export
        </Button>
        {!liftedAt && (
          <Button look="danger" aria-label={`Lift the hold on ${of}`} onClick={onLift}>
            Lift
          </Button>
        )}
      </div>
    </li>
  );
}

const roomId = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i;

function PlaceDialog({ onPlaced, onClose }: { onPlaced: () => Promise<unknown>; onClose: () => void }) {
  const { trpc } = useClient();
  const [subject, setSubject] = useState('');
  const [reason, setReason] = useState('');
  const room = roomId.exec(subject)?.[0];
  return (
    <FormDialog<'username' | 'reason'>
      title="Place a legal hold"
      description="From now on nothing of this person or room is removed until you lift the hold."
      submit="Place hold"
      missing={{
        username: subject.trim() === '' && 'Say whose, or which room.',
        reason: reason.trim() === '' && 'Say why: it is kept with the hold.',
      }}
      onSubmit={async () => {
        const of = room ? { roomId: room } : { username: subject.trim().replace(/^@/, '') };
        await trpc.holds.place.mutate({ ...of, reason: reason.trim() });
        await onPlaced();
      }}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <TextField
            label="Person or room"
            placeholder="@username, or the address of a room"
            autoFocus
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={subject}
            onChange={(event) => setSubject(event.target.value)}
            error={problemAt('username')}
          />
          <TextField
            label="Reason"
            placeholder="Case 12/2026"
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            error={problemAt('reason')}
          />
        </>
      )}
    </FormDialog>
  );
}
