import { namesOfTool, type ToolAnswer, type ToolCallView, type WaitingCall } from '@parley/contracts';
import { ShieldQuestion } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { useCall } from '../../client/use-call.js';
import { clockTime, fullTime } from '../../components/time/time.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';

const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });

interface AllowCallsProps {
  /** Of the message, or of the private reply. */
  messageId: string;
  /** The character’s name. */
  by: string;
  tools: readonly ToolCallView[];
}

/** What a character wants to do outside and the reader may allow, with all that would be sent. */
export default function AllowCalls({ messageId, by, tools }: AllowCallsProps) {
  const { trpc } = useClient();
  const [calls, setCalls] = useState<readonly WaitingCall[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // What waits is known by its state: it changes where another tab answered, and with each further step.
  const waiting = tools.flatMap(({ callId, state }) => (state === 'waiting' ? callId : [])).join(' ');
  useEffect(() => {
    let over = false;
    trpc.replies.calls.query({ messageId }).then(
      (found) => !over && setCalls(found),
      (error: unknown) => !over && setProblem(errorMessage(error)),
    );
    return () => {
      over = true;
    };
  }, [trpc, messageId, waiting]);
  if (problem)
    return (
      <p role="alert" className="text-13 text-danger">
        {problem}
      </p>
    );
  if (!calls) return <span role="status" aria-label="Loading what it wants to do" className="skeleton my-2 block h-24 w-full" />;
  const open = calls.filter(({ callId, answer }) => answer === null && waiting.split(' ').includes(callId));
  return open.map((call) => <AllowCall key={`${call.attempt}/${call.callId}`} messageId={messageId} by={by} call={call} />);
}

function AllowCall({ messageId, by, call }: { messageId: string; by: string; call: WaitingCall }) {
  const { trpc } = useClient();
  const { busy, problem, call: make } = useCall();
  const { callId, attempt, server, args, until } = call;
  const tool = namesOfTool(call.tool).own;
  const say = (answer: ToolAnswer) => void make(() => trpc.replies.allow.mutate({ messageId, attempt, callId, answer }));
  return (
    <section
      aria-label={`${by} asks to use ${tool}`}
      className="my-1.5 max-w-[560px] overflow-hidden rounded-card border border-line-strong bg-surface"
    >
      <div className="flex gap-2.5 px-3.5 pt-3 pb-2.5">
        <ShieldQuestion {...icon} className="mt-0.5 shrink-0 text-accent" />
        <div className="min-w-0">
          <p className="text-14 wrap-anywhere">
            <bdi className="font-medium">{by}</bdi> wants to use <bdi className="font-mono text-13">{tool}</bdi>
            {server !== undefined && (
              <>
                {' of '}
                <bdi className="font-medium">{server}</bdi>
              </>
            )}
          </p>
          <p className="text-13 text-ink-3">It may change something outside this room. Exactly this would be sent:</p>
        </div>
      </div>
      <pre
        // Scrolled by keyboard too.
        tabIndex={0}
        role="group"
        aria-label="What would be sent"
        dir="ltr"
        className="max-h-48 overflow-auto border-y border-line bg-background px-3.5 py-2 font-mono text-13 wrap-anywhere whitespace-pre-wrap -outline-offset-2"
      >
        {args}
      </pre>
      <div className="flex flex-wrap items-center gap-2 px-3.5 py-2.5 max-wide:gap-y-3">
        <Button look="primary" className="max-wide:px-2.5" disabled={busy} onClick={() => say('once')}>
          Allow once
        </Button>
        <Button
          className="max-wide:px-2.5"
          disabled={busy}
          title={`${by} may use this tool in this room without asking you`}
          onClick={() => say('always')}
        >
          Always here
        </Button>
        <Button look="danger" className="max-wide:px-2.5" disabled={busy} onClick={() => say('deny')}>
          Deny
        </Button>
        <span className="text-13 text-ink-3" title={fullTime(until)}>
          until {weekday.format(new Date(until))}, {clockTime(until)}
        </span>
      </div>
      {problem && (
        <p role="alert" className="px-3.5 pb-2.5 text-13 text-danger">
          {problem}
        </p>
      )}
    </section>
  );
}
