import { useQuery } from '@tanstack/react-query';
import { useClient } from '../../client/client-context.js';
import { dayName } from '../../components/time/time.js';
import { AdminSection, Asked } from './admin-section.js';
import { bytesText } from './bytes-text.js';

/** What the database holds, table by table. */
export function Storage() {
  const { trpc } = useClient();
  const storage = useQuery({ queryKey: ['admin', 'storage'], queryFn: () => trpc.storage.show.query() });
  return (
    <AdminSection title="Storage" about="What each table takes, the largest first, and how it shrinks.">
      <Asked asked={storage} loading="Loading what the database holds">
        {({ bytes, tables }) => (
          <>
            <p className="text-14">
              The database has <strong className="font-medium">{bytesText(bytes)}</strong>.
            </p>
            <ul className="divide-y divide-line">
              {tables.map(({ name, bytes: size, rows, estimated, oldest, shrinks }) => (
                <li key={name} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 py-2">
                  <code className="font-mono text-13 wrap-anywhere">{name}</code>
                  <span className="text-13 whitespace-nowrap tabular-nums">{bytesText(size)}</span>
                  <span className="text-13 text-ink-2">{shrinks}</span>
                  <span className="text-right text-13 whitespace-nowrap text-ink-3 tabular-nums">
                    {`${estimated ? 'about ' : ''}${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`}
                    {oldest && <span className="block">{`since ${dayName(oldest, new Date())}`}</span>}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Asked>
    </AdminSection>
  );
}
