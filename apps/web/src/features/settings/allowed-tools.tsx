import { namesOfTool, type ToolPermission } from '@parley/contracts';
import { useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';

/** What the user lets characters do without being asked each time. */
export function AllowedTools() {
  const { trpc } = useClient();
  const [allowed, setAllowed] = useState<readonly ToolPermission[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    trpc.replies.permissions.query().then(setAllowed, (error: unknown) => setProblem(errorMessage(error)));
  }, [trpc]);
  if (problem)
    return (
      <p role="alert" className="text-14 text-danger">
        {problem}
      </p>
    );
  if (!allowed) return <span role="status" aria-label="Loading what is allowed" className="skeleton block h-5 w-3/5" />;
  if (allowed.length === 0)
    return <p className="text-14 text-ink-2">None. Characters ask you each time before they change something outside a room for you.</p>;
  return (
    <>
      <p className="mb-1 text-14 text-ink-2">These characters do not ask you each time.</p>
      <ul className="flex flex-col divide-y divide-line">
        {allowed.map((each) => (
          <Allowed key={each.id} allowed={each} onGone={() => setAllowed(allowed.filter(({ id }) => id !== each.id))} />
        ))}
      </ul>
    </>
  );
}

function Allowed({ allowed: { id, character, room, tool }, onGone }: { allowed: ToolPermission; onGone: () => void }) {
  const { own, server } = namesOfTool(tool);
  const name = server === undefined ? own : `${own} of ${server}`;
  const { trpc } = useClient();
  const { busy, problem, call } = useCall();
  const takeBack = async () => {
    if (await call(() => trpc.replies.forbid.mutate({ id }))) onGone();
  };
  return (
    <li className="flex items-center gap-3 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate text-14">
          <bdi className="font-medium">{character.name}</bdi> may use <bdi className="font-mono text-13">{own}</bdi>
          {server !== undefined && (
            <>
              {' of '}
              <bdi className="font-medium">{server}</bdi>
            </>
          )}
        </p>
        <p className="truncate text-13 text-ink-3">
          in <bdi>{room.name}</bdi>
        </p>
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
      </div>
      <Button
        disabled={busy}
        aria-label={`Ask again before ${character.name} uses ${name} in ${room.name}`}
        onClick={() => void takeBack()}
      >
        Ask again
      </Button>
    </li>
  );
}
