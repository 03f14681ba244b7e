import type { SessionView } from '@parley/contracts';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { useCall } from '../../client/use-call.js';
import { clockTime, dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Button } from '../../components/ui/button.js';

const ways = { password: 'by password', passkey: 'by passkey', provider: 'by your company' } as const;

/** Where the user is signed in; each can be ended from here. */
export function Sessions() {
  const { trpc } = useClient();
  const [sessions, setSessions] = useState<readonly SessionView[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = useCallback(() => trpc.sessions.list.query().then(setSessions, (error: unknown) => setProblem(errorMessage(error))), [trpc]);
  useEffect(() => void load(), [load]);
  if (problem)
    return (
      <p role="alert" className="text-14 text-danger">
        {problem}
      </p>
    );
  if (!sessions) return <span role="status" aria-label="Loading where you are signed in" className="skeleton block h-5 w-3/5" />;
  const here = sessions.filter(({ current }) => current);
  const elsewhere = sessions.filter(({ current }) => !current);
  return (
    <ul className="flex flex-col divide-y divide-line">
      {[...here, ...elsewhere].map((session) => (
        <Session key={session.id} session={session} onEnded={load} />
      ))}
    </ul>
  );
}

function Session({ session, onEnded }: { session: SessionView; onEnded: () => Promise<void> }) {
  const { trpc } = useClient();
  const today = new Date(useToday());
  const { busy, problem, call } = useCall();
  const { id, device, address, how, createdAt, lastUsedAt, current } = session;
  const name = device ?? 'A device that said no name';
  const when = (instant: string) =>
    `${dayName(instant, today).replace(/^(?:Today|Yesterday)/, (word) => word.toLowerCase())}, ${clockTime(instant)}`;
  const end = async () => {
    if (await call(() => trpc.sessions.end.mutate({ sessionId: id }))) await onEnded();
  };
  return (
    <li className="flex items-center gap-3 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate text-14 font-medium">
          <bdi>{name}</bdi>
          {current && <span className="ms-2 text-13 font-normal text-accent">this one</span>}
        </p>
        <p className="text-13 text-ink-3 wrap-anywhere">
          Signed in {when(createdAt)}
          {how && ` ${ways[how]}`}
          {!current && ` · last used ${when(lastUsedAt)}`}
          {address && ` · ${address}`}
        </p>
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
      </div>
      {!current && (
        <Button look="danger" disabled={busy} aria-label={`Sign out ${name}`} onClick={() => void end()}>
          Sign out
        </Button>
      )}
    </li>
  );
}
