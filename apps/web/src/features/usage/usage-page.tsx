import type { UsageReport } from '@parley/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useClient, useInbox } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { saveFile } from '../../client/files.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import type { ParleyClient } from '../../client/types.js';
import { useMay } from '../../client/use-may.js';
import { Button } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { TextField } from '../../components/ui/text-field.js';
import { Budgets } from './budgets.js';
import { LimitsForm } from './limits-form.js';
import { subjectOf, type Subject } from './subject.js';
import { UsageByDay } from './usage-by-day.js';
import { UsageShares } from './usage-shares.js';
import { Figures } from './figures.js';
import { everyDay } from './usage-days.js';
import { usageCsv } from './usage-csv.js';

const ranges = [7, 31, 92] as const;

/** *Usage*: what the AI used, of whomever the address names. */
export default function UsagePage() {
  const { of } = useParams({ from: '/signed-in/usage/$of' });
  const subject = subjectOf(of);
  return (
    <QueriesProvider>
      <title>Usage · Parley</title>
      <ScreenHeader title="Usage" />
      <div className="min-h-0 flex-1 overflow-y-auto">
        {subject ? (
          // Keyed, so that what is typed about one is not set for the next.
          <Report key={of} of={of} subject={subject} />
        ) : (
          <Notice title="There is no such report">Open Usage from the settings, from those of a room, or from a character.</Notice>
        )}
      </div>
    </QueriesProvider>
  );
}

/** Asks for the report of a subject. */
function load({ trpc: { usage } }: ParleyClient, subject: Subject, days: number): Promise<UsageReport> {
  switch (subject.kind) {
    case 'mine':
      return usage.mine.query({ days });
    case 'everyone':
      return usage.instance.query({ days });
    case 'person':
      return usage.person.query({ username: subject.username, days });
    case 'room':
      return usage.room.query({ roomId: subject.roomId, days });
    case 'character':
      return usage.character.query({ characterId: subject.characterId, days });
  }
}

function Report({ of, subject }: { of: string; subject: Subject }) {
  const client = useClient();
  const may = useMay();
  const [days, setDays] = useState<(typeof ranges)[number]>(31);
  const report = useQuery({
    queryKey: ['usage', of, days],
    queryFn: () => load(client, subject, days),
    // While another range is loaded, the last one stays.
    placeholderData: (before) => before,
  });
  const everyone = subject.kind === 'everyone';
  return (
    <div className="measure mx-0 flex min-h-full flex-col gap-7 py-6">
      <div className="flex flex-col gap-4">
        <p className="text-14 text-ink-2">
          <Where subject={subject} />
        </p>
        {(subject.kind === 'mine' || everyone) && may('usage.instance') && (
          <nav aria-label="Whose usage" className="flex gap-5 border-b border-line text-14">
            <Tab of="mine" isShown={!everyone}>
              Mine
            </Tab>
            <Tab of="everyone" isShown={everyone}>
              Everyone’s
            </Tab>
          </nav>
        )}
      </div>
      {report.error ? (
        <Notice title="The usage could not be loaded" action={<Button onClick={() => void report.refetch()}>Try again</Button>}>
          {errorMessage(report.error)}
        </Notice>
      ) : report.data ? (
        <>
          <Budgets budgets={report.data.budgets} person={subject.kind === 'person' ? `@${subject.username}` : undefined} />
          <section aria-label="What was used" aria-busy={report.isPlaceholderData} className="flex flex-col gap-6">
            <div className="flex flex-wrap items-center gap-2 border-b border-line pb-1.5">
              <h2 className="mr-auto text-15 font-bold max-wide:w-full">What was used</h2>
              <Ranges days={days} onChange={setDays} />
              <CsvButton of={of} report={report.data} days={days} />
            </div>
            <Used report={report.data} days={days} />
          </section>
          <Limits subject={subject} report={report.data} onSet={() => report.refetch()} />
          {everyone && <OnePerson />}
        </>
      ) : (
        <div role="status" aria-label="Loading usage" className="flex flex-col gap-4">
          <span className="skeleton h-4 w-40" />
          <span className="skeleton h-40" />
          <span className="skeleton h-4 w-56" />
        </div>
      )}
    </div>
  );
}

function Used({ report, days }: { report: UsageReport; days: number }) {
  // The days of a report are those of its own moment.
  const [now] = useState(() => Date.now());
  const { total, models, characters } = report;
  if (total.calls === 0) {
    return (
      <p className="py-2 text-14 text-ink-2">
        No language model was called in these days. Answers of the built-in model cost nothing and are not counted.
      </p>
    );
  }
  return (
    <>
      <Figures total={total} />
      <UsageByDay days={everyDay(report.days, days, now)} />
      <UsageShares
        title="By model"
        head="Model"
        rows={models.map(({ model, ...sum }) => ({ name: model || 'unknown', mono: true, sum }))}
      />
      <UsageShares
        title="By character"
        head="Character"
        rows={characters.map(({ characterId, name, ...sum }) => ({ name: name || (characterId ? 'deleted' : 'none'), mono: false, sum }))}
      />
    </>
  );
}

function Ranges({ days, onChange }: { days: number; onChange: (days: (typeof ranges)[number]) => void }) {
  return (
    <fieldset className="flex max-wide:mr-auto">
      <legend className="sr-only">How far back</legend>
      {ranges.map((range) => (
        <label
          key={range}
          className={cx(
            'flex h-[30px] cursor-pointer items-center border border-line-strong px-2.5 text-13 transition-colors not-first-of-type:-ml-px first-of-type:rounded-l-control last-of-type:rounded-r-control has-focus-visible:z-1 has-focus-visible:outline-2 has-focus-visible:outline-accent max-wide:h-11',
            range === days ? 'bg-accent-soft font-medium text-ink' : 'bg-surface text-ink-2 hover:bg-hover',
          )}
        >
          <input type="radio" name="range" checked={range === days} onChange={() => onChange(range)} className="sr-only" />
          {range} days
        </label>
      ))}
    </fieldset>
  );
}

function CsvButton({ of, report, days }: { of: string; report: UsageReport; days: number }) {
  const save = () => {
    const csv = usageCsv(report, everyDay(report.days, days, Date.now()));
    saveFile(new Blob([csv], { type: 'text/csv;charset=utf-8' }), `usage-${of.replace(/^@/, '')}-${days}-days.csv`);
  };
  return (
    <Button disabled={report.total.calls === 0} onClick={save}>
      <Download {...icon} />
      CSV
    </Button>
  );
}

function Tab({ of, isShown, children }: { of: string; isShown: boolean; children: ReactNode }) {
  return (
    <Link
      to="/usage/$of"
      params={{ of }}
      aria-current={isShown ? 'page' : undefined}
      className={cx(
        '-mb-px flex h-9 items-center border-b-2 px-0.5 max-wide:h-11',
        isShown ? 'border-accent font-medium text-ink' : 'border-transparent text-ink-2 hover:text-ink',
      )}
    >
      {children}
    </Link>
  );
}

const link = 'text-accent hover:underline';

/** Where one came from, and what the report is about. */
function Where({ subject }: { subject: Subject }) {
  switch (subject.kind) {
    case 'mine':
      return (
        <>
          <Link to="/settings" className={link}>
            Settings
          </Link>{' '}
          › What your calls to language models used: those that you made yourself, and those of your bots and of the characters that you
          have answer always.
        </>
      );
    case 'everyone':
      return (
        <>
          <Link to="/settings" className={link}>
            Settings
          </Link>{' '}
          › What everyone’s calls to language models used, on this server.
        </>
      );
    case 'person':
      return (
        <>
          <Link to="/usage/$of" params={{ of: 'everyone' }} className={link}>
            Everyone’s
          </Link>{' '}
          › What the calls used that <bdi>@{subject.username}</bdi> pays for.
        </>
      );
    case 'room':
      return <WhereRoom roomId={subject.roomId} />;
    case 'character':
      return <WhereCharacter characterId={subject.characterId} />;
  }
}

function WhereRoom({ roomId }: { roomId: string }) {
  const known = useInbox().rooms?.find(({ room }) => room.id === roomId);
  return (
    <>
      <Link to="/rooms/$roomId" params={{ roomId }} className={link}>
        <bdi>{known ? (known.mine.direct?.name ?? known.room.name) : 'The room'}</bdi>
      </Link>{' '}
      › What was used by all calls to language models in this room, whoever made them.
    </>
  );
}

function WhereCharacter({ characterId }: { characterId: string }) {
  const { data } = trpc.characters.get.useQuery({ characterId });
  return (
    <>
      <Link to="/characters" className={link}>
        Characters
      </Link>{' '}
      › What <bdi>{data?.character.name ?? 'the character'}</bdi> used, in all rooms and whoever asked.
    </>
  );
}

/** The form of the limits that the reader may set for the subject. */
function Limits({ subject, report, onSet }: { subject: Subject; report: UsageReport; onSet: () => Promise<unknown> }) {
  const {
    trpc: { usage },
  } = useClient();
  const { setLimits } = report;
  if (!setLimits || subject.kind === 'mine' || subject.kind === 'everyone') return null;
  const means = {
    room: 'They hold for all who call in this room, beside the limits of this server: the lower one counts.',
    character: 'They hold for this character in all rooms, beside the limits of this server: the lower one counts.',
    person: 'They take the place of what this server allows everyone. Where a field is empty, that holds.',
  }[subject.kind];
  return (
    <LimitsForm
      set={setLimits}
      means={means}
      onSubmit={async (limits) => {
        if (subject.kind === 'room') await usage.limitRoom.mutate({ roomId: subject.roomId, ...limits });
        else if (subject.kind === 'character') await usage.limitCharacter.mutate({ characterId: subject.characterId, ...limits });
        else await usage.limitPerson.mutate({ username: subject.username, ...limits });
        await onSet();
      }}
    />
  );
}

/** For admins: the way to what one person used, and to their limits. */
function OnePerson() {
  const navigate = useNavigate();
  const [username, setUsername] = useState('');
  const name = username.trim().replace(/^@/, '');
  const open = (event: FormEvent) => {
    event.preventDefault();
    if (name !== '') void navigate({ to: '/usage/$of', params: { of: `@${name.toLowerCase()}` } });
  };
  return (
    <section aria-label="One person">
      <h2 className="mb-3 border-b border-line pb-1.5 text-15 font-bold">One person</h2>
      <form onSubmit={open} noValidate className="flex max-w-[420px] flex-col gap-3">
        <TextField
          label="Whose usage and limits"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="@username"
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <Button type="submit" disabled={name === ''} className="self-start">
          Open
        </Button>
      </form>
    </section>
  );
}
