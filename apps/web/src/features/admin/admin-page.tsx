import { Link, useParams } from '@tanstack/react-router';
import { lazy, Suspense, type ComponentType } from 'react';
import { QueriesProvider } from '../../client/queries-provider.js';
import { useMay } from '../../client/use-may.js';
import { cx } from '../../components/ui/class-names.js';
import { Notice } from '../../components/ui/notice.js';
import { patiently } from '../../components/ui/part.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { adminPartNames, adminParts, type AdminPartName } from './parts.js';

const components = Object.fromEntries(
  adminPartNames.map((name) => [name, lazy(() => patiently<{ default: ComponentType }>(adminParts[name].load))]),
) as unknown as Record<AdminPartName, ComponentType>;

/** *Administration*: what an admin of the server sees and does, a part at a time. */
export default function AdminPage() {
  const { part } = useParams({ from: '/signed-in/admin/$part' });
  const may = useMay();
  const name = adminPartNames.find((each) => each === part);
  return (
    <QueriesProvider>
      <title>Administration · Parley</title>
      <ScreenHeader title="Administration" />
      {may('settings.get') ? (
        <div className="flex min-h-0 flex-1 max-wide:flex-col">
          <Parts shown={name} />
          <div className="min-h-0 min-w-0 flex-1 overflow-y-auto">
            {name ? <Part key={name} name={name} /> : <Notice title="There is no such part">Choose one of those beside it.</Notice>}
          </div>
        </div>
      ) : (
        <Notice title="This is for admins of the server">Ask one of them to make you an admin, if you need it.</Notice>
      )}
    </QueriesProvider>
  );
}

function Parts({ shown }: { shown: AdminPartName | undefined }) {
  return (
    <nav
      aria-label="Administration"
      className="flex w-44 shrink-0 flex-col gap-0.5 overflow-auto border-r border-line px-2 py-4 max-wide:w-full max-wide:flex-row max-wide:flex-wrap max-wide:border-r-0 max-wide:border-b max-wide:py-1.5"
    >
      {adminPartNames.map((name) => (
        <Link
          key={name}
          to="/admin/$part"
          params={{ part: name }}
          aria-current={name === shown ? 'page' : undefined}
          className={cx(
            'flex h-8 shrink-0 items-center rounded-control px-3 text-14 transition-colors max-wide:h-11',
            name === shown ? 'bg-accent-soft font-medium text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
          )}
        >
          {adminParts[name].title}
        </Link>
      ))}
    </nav>
  );
}

function Part({ name }: { name: AdminPartName }) {
  const Component = components[name];
  const { title, about } = adminParts[name];
  return (
    <section aria-label={title} className="flex max-w-[860px] flex-col gap-5 px-6 py-6 max-wide:px-4">
      <div>
        <h2 className="text-16 font-bold">{title}</h2>
        <p className="mt-1 max-w-[600px] text-14 text-ink-2">{about}</p>
      </div>
      <Suspense fallback={<Skeleton label={`Loading ${title}`} />}>
        <Component />
      </Suspense>
    </section>
  );
}

function Skeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3">
      <span className="skeleton h-10 w-72 max-w-full" />
      <span className="skeleton h-12" />
      <span className="skeleton h-12" />
    </div>
  );
}
