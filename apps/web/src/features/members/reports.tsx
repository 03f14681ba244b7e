import type { ReportOutcome, ReportView } from '@parley/contracts';
import { useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { useCall } from '../../client/use-call.js';
import { reportReasonTexts } from '../../components/moderation/report-texts.js';
import { Button } from '../../components/ui/button.js';

/** The open reports of a room, for its moderators, the oldest first. @param count how many the inbox says there are: they are read again when it changes */
export default function Reports({ roomId, count }: { roomId: string; count: number }) {
  const { trpc } = useClient();
  const [reports, setReports] = useState<ReportView[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [resolved, setResolved] = useState(0);
  useEffect(() => {
    let wanted = true;
    trpc.reports.list.query({ roomId }).then(
      ({ items }) => {
        if (!wanted) return;
        setReports(items);
        setProblem(null);
      },
      (error: unknown) => wanted && setProblem(errorMessage(error)),
    );
    return () => {
      wanted = false;
    };
  }, [trpc, roomId, count, resolved]);
  if (problem) return <p className="text-13 text-danger">{problem}</p>;
  if (!reports) return <span role="status" aria-label="Loading reports" className="skeleton my-2 block h-3.5 w-40" />;
  if (reports.length === 0) return <p className="text-13 text-ink-3">No report is open.</p>;
  return (
    <ul className="flex flex-col gap-3">
      {reports.map((report) => (
        <Report key={report.id} report={report} onResolved={() => setResolved(resolved + 1)} />
      ))}
    </ul>
  );
}

function Report({ report, onResolved }: { report: ReportView; onResolved: () => void }) {
  const { trpc } = useClient();
  const { busy, problem, call } = useCall();
  const { id, message, reported, note, reporter, reason, open } = report;
  const label = reportReasonTexts.find(({ value }) => value === reason)?.label ?? reason;
  const resolve = async (outcome: ReportOutcome) => {
    // Somebody else may have resolved it: then the list says so.
    await call(() => trpc.reports.resolve.mutate({ reportId: id, outcome }));
    onResolved();
  };
  const person = message.author.type === 'user' && message.author.id !== null;
  const outcomes: readonly (readonly [ReportOutcome, string])[] = [
    ['nothing', 'Leave it'],
    ...(message.deletedAt === null && !message.hidden ? ([['hidden', 'Hide']] as const) : []),
    ...(message.deletedAt === null ? ([['deleted', 'Delete']] as const) : []),
    ...(person
      ? ([
          ['silenced', 'Silence'],
          ['banned', 'Ban'],
        ] as const)
      : []),
  ];
  return (
    <li className="rounded-block border border-line p-3 text-13">
      <p className="font-medium">
        {label} <span className="font-normal text-ink-3">by</span> <bdi>{message.author.name}</bdi>
      </p>
      <blockquote
        dir="auto"
        className="mt-1.5 line-clamp-6 border-l-2 border-line-strong pl-2.5 wrap-anywhere whitespace-pre-line text-ink-2"
      >
        {reported}
      </blockquote>
      {message.deletedAt !== null ? (
        <p className="mt-1.5 text-ink-3">It was deleted since.</p>
      ) : (
        message.content !== reported && (
          <>
            <p className="mt-1.5 text-ink-3">Now it says:</p>
            <blockquote
              dir="auto"
              className="mt-1 line-clamp-6 border-l-2 border-line-strong pl-2.5 wrap-anywhere whitespace-pre-line text-ink-2"
            >
              {message.content}
            </blockquote>
          </>
        )
      )}
      <p className="mt-1.5 wrap-anywhere text-ink-3">
        <bdi>{reporter.displayName}</bdi>
        {open > 1 && ` and ${open - 1} more`} reported it{note && `: ${note}`}
      </p>
      {problem && (
        <p role="alert" className="mt-1.5 text-danger">
          {problem}
        </p>
      )}
      <div className="mt-2.5 flex flex-wrap gap-1.5">
        {outcomes.map(([outcome, name]) => (
          <Button
            key={outcome}
            size="small"
            look={outcome === 'nothing' ? 'quiet' : 'secondary'}
            disabled={busy}
            onClick={() => void resolve(outcome)}
          >
            {name}
          </Button>
        ))}
      </div>
    </li>
  );
}
