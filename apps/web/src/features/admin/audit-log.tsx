import { auditEvents, type AuditEntryView, type AuditEvent } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { useDebounced } from '../../client/use-debounced.js';
import { clockTime, dayName, fullTime } from '../../components/time/time.js';
import { TextField } from '../../components/ui/text-field.js';
import { Filters } from './filters.js';
import { PagedList } from './paged-list.js';

const events = { '': 'Everything', ...auditEvents } as Record<AuditEvent | '', string>;

/** *Audit log*: its entries, the newest first. */
export default function AuditLog() {
  const { trpc } = useClient();
  const [actor, setActor] = useState('');
  const [subject, setSubject] = useState('');
  const [event, setEvent] = useState<AuditEvent | ''>('');
  const by = useDebounced(actor.trim(), 300);
  const about = useDebounced(subject.trim(), 300);
  return (
    <>
      <div className="flex flex-wrap items-end gap-3">
        <Filters
          find="Done by"
          placeholder="@username, or operator"
          query={actor}
          onQuery={setActor}
          choices={events}
          choice={event}
          onChoice={setEvent}
        />
        <TextField
          label="Done to"
          type="search"
          placeholder="A name"
          autoComplete="off"
          spellCheck={false}
          value={subject}
          onChange={(change) => setSubject(change.target.value)}
          className="w-56 max-wide:w-full"
        />
      </div>
      <PagedList
        label="Entries"
        of={['audit', by, about, event]}
        load={(after) =>
          trpc.audit.list.query({
            ...(by && { actor: by }),
            ...(about && { subject: about }),
            ...(event && { event }),
            ...(after !== null && { after }),
          })
        }
        empty="Nothing of the kind is in the log."
      >
        {(entry) => <Entry key={entry.id} entry={entry} />}
      </PagedList>
    </>
  );
}

const nobody = { operator: 'The operator', system: 'The server', provider: 'A provider of identities', user: 'A removed account' } as const;

function Entry({ entry }: { entry: AuditEntryView }) {
  const { at, event, actor, subject, address, detail, id } = entry;
  // Another process may be newer than this page, and write events that the page has no words for.
  const words = (auditEvents as Record<string, string>)[event] ?? event;
  const itself = subject?.kind === 'account' && subject.id === actor.id;
  return (
    <li className="border-b border-line py-2.5 text-14 [content-visibility:auto] [contain-intrinsic-size:auto_60px]">
      <div className="flex items-baseline gap-3 max-wide:flex-col max-wide:gap-0">
        <p className="min-w-0 flex-1 wrap-anywhere">
          <span className="font-bold">{actor.name === null ? nobody[actor.kind] : <bdi>@{actor.name}</bdi>}</span> {words}
          {subject && !itself && (
            <>
              : <bdi>{subject.name ?? (subject.kind === 'account' ? 'a removed account' : subject.id)}</bdi>
            </>
          )}
        </p>
        <time dateTime={at} title={fullTime(at)} className="shrink-0 text-13 text-ink-3">
          {dayName(at, new Date())}, {clockTime(at)}
        </time>
      </div>
      <details className="text-13 text-ink-2">
        <summary className="cursor-pointer text-ink-3 hover:text-ink" aria-label={`Details of ${id}`}>
          {address ?? 'Details'}
        </summary>
        <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 pb-1 font-mono text-12 wrap-anywhere">
          <Fact name="event">{event}</Fact>
          <Fact name="actor">{actor.id}</Fact>
          <Fact name="session">{entry.sessionId}</Fact>
          <Fact name="subject">{subject?.id}</Fact>
          <Fact name="room">{entry.roomId}</Fact>
          <Fact name="call">{entry.correlationId}</Fact>
          <Fact name="detail">{detail === '{}' ? null : detail}</Fact>
        </dl>
      </details>
    </li>
  );
}

function Fact({ name, children }: { name: string; children: string | null | undefined }) {
  return (
    children && (
      <>
        <dt className="text-ink-3">{name}</dt>
        <dd>{children}</dd>
      </>
    )
  );
}
