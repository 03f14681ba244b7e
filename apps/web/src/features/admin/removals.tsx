import type { RemovalLine, RemovalView } from '@parley/contracts';
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useClient } from '../../client/client-context.js';
import { saveFile } from '../../client/files.js';
import { dayName } from '../../components/time/time.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { AdminSection, Asked } from './admin-section.js';

/** Why something stays, in words. */
const reasons: Record<NonNullable<RemovalLine['why']>, string> = {
  room: 'a part of rooms, without their name',
  order: 'places in rooms that they left: the order of a room has no holes',
  log: 'the audit log, without their name',
  ownerless: 'nobody’s now',
  sums: 'counted until it is spent, so that nothing is given back',
  spent: 'ended, and deleted a day later',
  hold: 'set aside for a legal hold',
};

/** The name of a kind of rows, as words. */
function wordsOf(what: string): string {
  const words = what.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The accounts that were removed, each with its record. */
export function Removals() {
  const { trpc } = useClient();
  const removals = useQuery({ queryKey: ['admin', 'removals'], queryFn: () => trpc.users.removals.query() });
  return (
    <AdminSection title="Removed accounts" about="What went with each of them, and what stays and why.">
      <Asked asked={removals} loading="Loading removed accounts">
        {(list) =>
          list.length === 0 ? (
            <p className="text-14 text-ink-3">None was removed.</p>
          ) : (
            <ul className="divide-y divide-line">
              {list.map((removal) => (
                <RemovalRow key={removal.userId} removal={removal} />
              ))}
            </ul>
          )
        }
      </Asked>
    </AdminSection>
  );
}

function RemovalRow({ removal }: { removal: RemovalView }) {
  const { username, begunAt, endedAt, askedBy, messages, record } = removal;
  const stays = record.filter((line) => line.stays > 0);
  const save = () => saveFile(new Blob([JSON.stringify(removal, null, 2)], { type: 'application/json' }), `removal-${username}.json`);
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="text-14 font-medium wrap-anywhere">
          <bdi>@{username}</bdi>
        </p>
        <p className="text-13 text-ink-3">
          {`${dayName(begunAt, new Date())}, ${askedBy ? `by @${askedBy}` : 'by themselves or the operator'} · ${
            endedAt ? (messages === 'remove' ? 'with what they said' : 'what they said stays') : 'under way'
          }`}
        </p>
        {stays.length > 0 && (
          <details className="mt-1 text-13 text-ink-2">
            <summary className="cursor-pointer">What stays and why</summary>
            <ul className="mt-1 list-disc pl-5">
              {stays.map((line) => (
                <li key={line.what}>{`${wordsOf(line.what)} (${line.stays}): ${line.why ? reasons[line.why] : ''}`}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {endedAt && (
        <Button onClick={save} aria-label={`Save the record of @${username}`}>
          <Download {...icon} />
          Record
        </Button>
      )}
    </li>
  );
}
