import type { ReplyReceipt, ToolCallView } from '@parley/contracts';
import { Suspense, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';
import { part } from '../../components/ui/part.js';
import { useRoomActions } from './room-actions.js';
import { CallLine, Folded, Found } from './tool-calls.js';

const AllowCalls = part(() => import('./allow-calls.js'));

const whose = (name: string | null | undefined): string => (name ? `${name}’s` : 'a');
const waitingFor = (whom: string): string => `waits for ${whom} yes`;

interface ReplyToolsProps {
  session: RoomSession;
  messageId: string;
  attempt: number;
  tools: readonly ToolCallView[];
  /** The character’s name. */
  by: string;
  /** While it is, a call shows what it asked; afterwards it opens to what it found. */
  inProgress: boolean;
}

/** The tools that an answer called, above its text. */
export default function ReplyTools({ session, messageId, attempt, tools, by, inProgress }: ReplyToolsProps) {
  const { trpc } = useClient();
  const { me, nameOf } = useRoomActions();
  const [receipt, setReceipt] = useState<ReplyReceipt | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = () => {
    if (receipt) return;
    trpc.replies.receipt.query({ messageId, attempt }).then(setReceipt, (error: unknown) => setProblem(errorMessage(error)));
  };
  if (inProgress) {
    const mine = tools.some(({ waitsFor }) => waitsFor === me.id);
    return (
      <>
        <ul aria-label="Tools" className="mb-1 flex flex-col">
          {tools.map((call) => (
            <li key={call.callId} className="flex min-h-7 items-center gap-2 text-13 text-ink-2">
              <CallLine
                call={call}
                waiting={waitingFor(call.waitsFor === me.id ? 'your' : whose(call.waitsFor && nameOf(call.waitsFor)))}
              />
            </li>
          ))}
        </ul>
        {mine && (
          <Suspense fallback={<div className="h-32" />}>
            <AllowCalls messageId={messageId} by={by} tools={tools} />
          </Suspense>
        )}
      </>
    );
  }
  return (
    <ul aria-label="Tools" className="mb-1 flex flex-col">
      {tools.map((call) => {
        const found = receipt?.tools.find(({ callId }) => callId === call.callId);
        return (
          <li key={call.callId}>
            <Folded call={call} onOpen={load}>
              {found ? (
                <Found session={session} call={found} cited={receipt!.cited} />
              ) : problem ? (
                <p role="alert">{problem}</p>
              ) : (
                <span role="status" aria-label="Loading what it found" className="skeleton my-2 block h-3.5 w-40" />
              )}
            </Folded>
          </li>
        );
      })}
    </ul>
  );
}
