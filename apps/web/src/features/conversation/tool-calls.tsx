import { mcpToolMark, type ReplyReceipt, type ToolCallView } from '@parley/contracts';
import { BookOpen, ChevronRight, Globe, NotebookText, Search, Wrench } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RoomSession } from '../../client/types.js';
import { whole } from '../../components/ui/amounts.js';
import { icon } from '../../components/ui/icon.js';
import { FoundMessages } from './found-messages.js';

type CallDetails = ReplyReceipt['tools'][number];

interface ToolCallsProps {
  session: RoomSession;
  calls: readonly CallDetails[];
  cited: readonly number[];
}

/** The calls of tools in an answer, folded: each opens to what it found. */
export function ToolCalls({ session, calls, cited }: ToolCallsProps) {
  return (
    <ul className="flex flex-col">
      {calls.map((call) => (
        <li key={call.callId}>
          <Folded call={call}>
            <Found session={session} call={call} cited={cited} />
          </Folded>
        </li>
      ))}
    </ul>
  );
}

interface FoundProps {
  session: RoomSession;
  call: CallDetails;
  cited: readonly number[];
}

/** What one call found, and who allowed it. */
export function Found(props: FoundProps) {
  const { allowed } = props.call;
  return (
    <>
      {allowed && (
        <p className="text-ink-3">
          {allowed.how === 'always' ? 'Always allowed here by' : 'Allowed once by'} <bdi>{allowed.by.name || 'somebody who is gone'}</bdi>.
        </p>
      )}
      <Finding {...props} />
    </>
  );
}

function Finding({ session, call, cited }: FoundProps) {
  if (call.state === 'denied' || call.state === 'lapsed') return <p>It was not done.</p>;
  if (call.seqs.length > 0) return <FoundMessages session={session} seqs={call.seqs} cited={cited} />;
  if (call.tool === 'read_notes' && call.found) return <p>They are among the notes of this room.</p>;
  if (!call.text) return <p>{call.found ? 'What it found was deleted since.' : 'It found nothing.'}</p>;
  return (
    <p dir="auto" className="line-clamp-10 wrap-anywhere whitespace-pre-line">
      {call.text}
    </p>
  );
}

/** One call of a tool, of which the children are what it found. */
export function Folded({ call, children, onOpen }: { call: ToolCallView; children: ReactNode; onOpen?: () => void }) {
  return (
    <details className="group/call" onToggle={({ currentTarget }) => currentTarget.open && onOpen?.()}>
      <summary className="-ml-1 flex min-h-7 w-fit max-w-full cursor-pointer px-1 -outline-offset-2 list-none items-center gap-2 rounded-chip text-13 text-ink-2 hover:text-ink max-wide:min-h-11 [&::-webkit-details-marker]:hidden">
        <CallLine call={call} />
        <ChevronRight {...icon} size={14} className="shrink-0 text-ink-3 transition-transform group-open/call:rotate-90" />
      </summary>
      <div className="mb-1.5 ml-[6px] border-l border-line pb-0.5 pl-[15px] text-13 text-ink-2">{children}</div>
    </details>
  );
}

/** What a call asked for and came to, as one line. */
export function CallLine({ call, waiting = 'waits to be allowed' }: { call: ToolCallView; waiting?: string }) {
  const { tool, asked, state } = call;
  const known = knownTools[tool];
  const { Sign, name } = known ?? { Sign: Wrench, name: () => tool.replace(mcpToolMark, ' · ') };
  const running = state === 'running';
  const outcome = state === 'waiting' ? `· ${waiting}` : outcomeOf(call);
  return (
    <>
      <Sign {...icon} size={14} className={running ? 'shrink-0 animate-pulse text-accent' : 'shrink-0 text-ink-3'} />
      <span className="min-w-0 truncate">
        {name(running)}
        {asked && (
          <>
            {' '}
            <bdi>{tool === 'search_room' ? `“${asked}”` : known ? asked : `(${asked})`}</bdi>
          </>
        )}
      </span>
      {outcome && (
        <span className={state === 'failed' || state === 'unknown' ? 'shrink-0 text-danger' : 'shrink-0 text-ink-3 tabular-nums'}>
          {outcome}
        </span>
      )}
    </>
  );
}

const knownTools: Record<string, { Sign: typeof Search; name: (running: boolean) => string } | undefined> = {
  search_room: { Sign: Search, name: (running) => (running ? 'Searching the room for' : 'Searched the room for') },
  read_notes: { Sign: NotebookText, name: (running) => (running ? 'Reading notes' : 'Read notes') },
  fetch_url: { Sign: Globe, name: (running) => (running ? 'Reading' : 'Read') },
  read_messages: { Sign: BookOpen, name: (running) => (running ? 'Reading messages' : 'Read messages') },
};

function outcomeOf({ state, found }: ToolCallView): string | null {
  switch (state) {
    case 'running':
      return null;
    case 'failed':
      return '· failed';
    case 'unknown':
      return '· not known whether it was done';
    case 'waiting':
      return null;
    case 'denied':
      return '· not allowed';
    case 'lapsed':
      return '· nobody allowed it in time';
    case 'done':
      return found === null ? null : `· ${whole.format(found)} found`;
  }
}
