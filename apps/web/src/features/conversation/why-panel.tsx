import { agentModel, isSaid, type NoteView, type ReplyReceipt } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { useClient, useInbox } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';
import { useMedia, wideScreen } from '../../client/use-media.js';
import { RoomMark } from '../../components/rooms/room-mark.js';
import { dollars, whole } from '../../components/ui/amounts.js';
import { IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { useSheet } from '../../components/ui/use-sheet.js';
import { FoundMessages } from './found-messages.js';
import { ToolCalls } from './tool-calls.js';

/** The answer that is asked about: a reply of the room, or a private one. */
export interface Answer {
  id: string;
  /** Of a reply that was written again the latest. */
  attempt?: number | undefined;
}

interface WhyPanelProps {
  session: RoomSession;
  answer: Answer;
  onClose: () => void;
}

/** What an answer was made from, and what it cost: beside the room on a wide screen, over it on a narrow one. */
export default function WhyPanel({ session, answer, onClose: close }: WhyPanelProps) {
  const { trpc } = useClient();
  const { id, attempt } = answer;
  const [receipt, setReceipt] = useState<ReplyReceipt | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const isSheet = !useMedia(wideScreen);
  const sheet = useRef<HTMLDivElement>(null);
  const aside = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const onClose = useCallback(() => {
    close();
    // Back to the answer: the panel was opened from there.
    document.getElementById(`message-${id}`)?.focus({ preventScroll: true });
  }, [close, id]);
  useSheet(sheet, isSheet, onClose);
  useEffect(() => {
    let wanted = true;
    trpc.replies.receipt.query({ messageId: id, ...(attempt !== undefined && { attempt }) }).then(
      (found) => {
        if (!wanted) return;
        setReceipt(found);
        setProblem(null);
      },
      (error: unknown) => wanted && setProblem(errorMessage(error)),
    );
    return () => {
      wanted = false;
    };
  }, [trpc, id, attempt]);
  useEffect(() => {
    const panel = aside.current;
    const onKeyDown = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') onClose();
    };
    panel?.addEventListener('keydown', onKeyDown);
    return () => panel?.removeEventListener('keydown', onKeyDown);
  }, [onClose]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [id]);
  return (
    <aside
      aria-label="Why this answer"
      ref={aside}
      className="flex w-76 shrink-0 flex-col border-l border-line bg-background max-panel:absolute max-panel:inset-y-0 max-panel:right-0 max-panel:z-10 max-panel:w-[min(304px,100%)] max-panel:animate-[slide-in_160ms_ease-out] max-panel:shadow-float max-wide:w-full"
    >
      <div
        ref={sheet}
        {...(isSheet && { role: 'dialog', 'aria-modal': true, 'aria-label': 'Why this answer', tabIndex: -1 })}
        className="flex min-h-0 flex-1 flex-col outline-none"
      >
        <div className="flex h-14 shrink-0 items-center gap-0.5 pr-3 pl-4">
          <h2 ref={heading} tabIndex={-1} className="mr-auto text-15 font-bold outline-none">
            Why this answer
          </h2>
          <IconButton label="Close" className="max-wide:size-10" onClick={onClose}>
            <X {...icon} />
          </IconButton>
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-6">
          {problem ? (
            <p role="alert" className="text-14 text-ink-2">
              {problem}
            </p>
          ) : receipt ? (
            <Facts session={session} receipt={receipt} />
          ) : (
            <span role="status" aria-label="Loading the receipt" className="skeleton my-2 block h-3.5 w-40" />
          )}
        </div>
      </div>
    </aside>
  );
}

function Facts({ session, receipt }: { session: RoomSession; receipt: ReplyReceipt }) {
  const {
    model,
    usage,
    cost,
    firstTokenMs,
    durationMs,
    askedBy,
    trigger,
    right,
    errorCode,
    status,
    droppedCitations,
    attempt,
    instruction,
  } = receipt;
  const command = isSaid(trigger.kind) ? null : `/${trigger.kind}`;
  return (
    <>
      <dl className="grid grid-cols-[110px_minmax(0,1fr)] gap-y-1.5 text-14">
        <Fact name="Asked by">
          <bdi>{askedBy.name || 'somebody who is gone'}</bdi>
          {command && (
            <>
              , <span className="font-mono text-13">{command}</span>
            </>
          )}
        </Fact>
        <Fact name="Because">{right === 'always' ? (unasked[trigger.kind] ?? because.always) : because[right]}</Fact>
        <Fact name="Model">{model?.startsWith('built-in:') ? 'built-in model' : (model ?? 'none was reached')}</Fact>
        {attempt > 1 && <Fact name="Attempt">{attempt}</Fact>}
        {instruction !== undefined && (
          <Fact name="As wished">
            <bdi>“{instruction}”</bdi>
          </Fact>
        )}
        {firstTokenMs !== null && <Fact name="First word">{duration(firstTokenMs)}</Fact>}
        <Fact name="Took">{duration(durationMs)}</Fact>
        {usage && usage.inputTokens + usage.outputTokens > 0 && (
          <Fact name="Tokens">
            <span className="sr-only">read </span>
            {whole.format(usage.inputTokens)} → <span className="sr-only">wrote </span>
            {whole.format(usage.outputTokens)}
          </Fact>
        )}
        {cost !== null && <Fact name="Cost">{dollars(cost)}</Fact>}
        {(status === 'failed' || status === 'stopped' || errorCode) && <Fact name="End">{errorCode ?? status}</Fact>}
      </dl>
      {droppedCitations > 0 && (
        <p className="mt-3 text-13 text-ink-2">
          It named {droppedCitations === 1 ? 'a source' : `${droppedCitations} sources`} that it was not given. That is left out of the
          answer.
        </p>
      )}
      {receipt.tools.length > 0 && (
        <>
          <h3 className="mt-5 mb-0.5 text-12 font-medium text-ink-3">It called {count(receipt.tools.length, 'tool')}</h3>
          <ToolCalls session={session} calls={receipt.tools} cited={receipt.cited} />
        </>
      )}
      {model === agentModel ? (
        <p className="mt-5 text-13 text-ink-2">
          A program outside wrote this answer. What it made it from is not known here; the tokens are what it says.
        </p>
      ) : (
        <Context session={session} receipt={receipt} />
      )}
    </>
  );
}

const because: Record<ReplyReceipt['right'], string> = {
  asked: 'it was asked',
  always: 'it answers everything here',
  called: 'another character named it',
  again: 'it was asked to write again',
};

/** Of those who answer here without being asked. */
const unasked: Partial<Record<string, string>> = {
  turn: 'it was its turn',
  ambient: 'it had something to say',
};

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-2">{name}</dt>
      <dd className="text-right font-medium wrap-anywhere">{children}</dd>
    </>
  );
}

/** The parts of a prompt, in its order, and how the bar shows each. */
const parts = [
  { key: 'rules', name: 'Rules of this server', look: 'bg-line-strong' },
  { key: 'instructions', name: 'Its instructions', look: 'bg-ink-3' },
  { key: 'notes', name: 'Notes of the room', look: 'bg-accent/25' },
  { key: 'earlier', name: 'Summary of before', look: 'bg-accent/45' },
  { key: 'messages', name: 'Messages', look: 'bg-accent' },
] as const;

function Context({ session, receipt }: { session: RoomSession; receipt: ReplyReceipt }) {
  const { tokens, leftOut, summarised, cited, notes, rooms } = receipt;
  const seqs = rooms ? rooms.flatMap((room) => room.seqs) : receipt.seqs;
  const deleted = rooms ? rooms.reduce((sum, room) => sum + room.deleted, 0) : receipt.deleted;
  const messages = rooms ? <OfRooms session={session} receipt={receipt} /> : <FoundMessages session={session} seqs={seqs} cited={cited} />;
  const takes = (key: (typeof parts)[number]['key']) => tokens?.[key] ?? 0;
  const total = parts.reduce((sum, { key }) => sum + takes(key), 0);
  const about: Record<(typeof parts)[number]['key'], ReactNode> = {
    rules: 'What every character is told: whose words are whose, to take no orders from them, and how to cite.',
    instructions: 'What whoever made the character wrote. Who may change the character can read it there.',
    notes: <Notes session={session} ids={notes} />,
    earlier: summarised && <Earlier roomId={session.roomId} {...summarised} />,
    messages,
  };
  return (
    <>
      <h3 className="mt-5 mb-1.5 text-12 font-medium text-ink-3">
        It read {count(seqs.length, 'message')}
        {rooms && ` of ${count(rooms.length, 'room')}`}
        {deleted > 0 && `, and ${count(deleted, 'more')} deleted since`}
      </h3>
      {leftOut > 0 && !rooms && <p className="mb-2 text-13 text-ink-2">{count(leftOut, 'older message')} had no room.</p>}
      {total > 0 ? (
        <>
          <div className="flex h-1.5 gap-px overflow-hidden rounded-full" aria-hidden="true">
            {parts.map(
              ({ key, look }) => takes(key) > 0 && <span key={key} className={look} style={{ width: `${(100 * takes(key)) / total}%` }} />,
            )}
          </div>
          <div className="mt-2 flex flex-col">
            {parts.map(
              ({ key, name, look }) =>
                takes(key) > 0 && (
                  <details key={key} open={key === 'messages'} className="group/part">
                    <summary className="flex h-8 cursor-pointer list-none items-center gap-2 rounded-chip text-14 hover:bg-hover max-wide:h-11 [&::-webkit-details-marker]:hidden">
                      <span aria-hidden="true" className={`size-2 shrink-0 rounded-full ${look}`} />
                      <span className="mr-auto">{name}</span>
                      <span className="text-12 text-ink-3 tabular-nums">{whole.format(takes(key))} tokens</span>
                    </summary>
                    <div className="pb-2 pl-4 text-13 text-ink-2">{about[key]}</div>
                  </details>
                ),
            )}
          </div>
        </>
      ) : (
        <>
          {messages}
          {notes.length > 0 && (
            <>
              <h3 className="mt-5 mb-1.5 text-12 font-medium text-ink-3">And {count(notes.length, 'note')} of the room</h3>
              <Notes session={session} ids={notes} />
            </>
          )}
        </>
      )}
    </>
  );
}

/** The messages of a catch-up, room by room, and how many rooms it was not told of. */
function OfRooms({ session, receipt: { rooms = [], roomsLeftOut } }: { session: RoomSession; receipt: ReplyReceipt }) {
  const inbox = useInbox().rooms;
  const { muted = 0, paused = 0, more = 0, gone = 0 } = roomsLeftOut ?? {};
  const leftOut = [
    more > 0 && count(more, 'more room'),
    muted > 0 && `${count(muted, 'room')} that you muted`,
    paused > 0 && `${count(paused, 'room')} whose AI was paused`,
    gone > 0 && `${count(gone, 'room')} that you are no longer in`,
  ].filter((part) => part !== false);
  return (
    <>
      {rooms.map(({ roomId, seqs, leftOut: older, cited }) => {
        const known = inbox?.find(({ room }) => room.id === roomId);
        return (
          <section key={roomId} className="mt-2.5 first:mt-0">
            <h4 className="flex min-w-0 items-center gap-1.5 text-13 font-medium text-ink">
              {known ? <RoomMark room={known.room} mine={known.mine} /> : 'A room'}
            </h4>
            {older > 0 && <p className="text-13 text-ink-2">{count(older, 'older message')} had no place.</p>}
            <FoundMessages session={session} roomId={roomId} seqs={seqs} cited={cited} />
          </section>
        );
      })}
      {leftOut.length > 0 && <p className="mt-2.5 text-13 text-ink-2">Not here: {leftOut.join(', ')}.</p>}
    </>
  );
}

/** The notes that it was given, as they are now; those that were removed since are not named. */
function Notes({ session, ids }: { session: RoomSession; ids: readonly string[] }) {
  const { trpc } = useClient();
  const [notes, setNotes] = useState<readonly NoteView[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    trpc.notes.list.query({ roomId: session.roomId }).then(
      (found) => wanted && setNotes(found),
      (error: unknown) => wanted && setProblem(errorMessage(error)),
    );
    return () => {
      wanted = false;
    };
  }, [trpc, session]);
  if (problem) return <p className="text-danger">{problem}</p>;
  if (!notes) return <span role="status" aria-label="Loading notes" className="skeleton my-1 block h-3.5 w-40" />;
  const given = notes.filter(({ id }) => ids.includes(id));
  if (given.length === 0) return <p>They were removed since.</p>;
  return (
    <ul className="flex flex-col gap-1.5 text-13">
      {given.map((note) => (
        <li key={note.id}>
          <span className="text-ink-3 tabular-nums">{note.number}</span> <bdi className="font-medium text-ink">{note.author.name}</bdi>
          <span dir="auto" className="line-clamp-3 wrap-anywhere text-ink-2">
            {note.text}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The summary that stood for older messages, as the model was given it. */
function Earlier({ roomId, fromSeq, upToSeq, text }: NonNullable<ReplyReceipt['summarised']> & { roomId: string }) {
  const goTo = (seq: number) => (
    <Link to="/rooms/$roomId" params={{ roomId }} search={{ at: seq }} preload={false} className="text-accent tabular-nums hover:underline">
      {seq}
    </Link>
  );
  return (
    <>
      <p>
        It stood for the messages {goTo(fromSeq + 1)} to {goTo(upToSeq)} of this room.
      </p>
      {text ? (
        <blockquote dir="auto" className="mt-1.5 border-l-2 border-line-strong pl-2.5 wrap-anywhere whitespace-pre-line text-ink">
          {text}
        </blockquote>
      ) : (
        <p className="mt-1.5 text-ink-3">One of them was changed or hidden since, so its text is gone.</p>
      )}
    </>
  );
}

function count(number: number, what: string): string {
  return what === 'more' ? `${whole.format(number)} more` : `${whole.format(number)} ${what}${number === 1 ? '' : 's'}`;
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
