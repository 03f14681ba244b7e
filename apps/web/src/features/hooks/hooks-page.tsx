import type { HookView, RoomView } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useClient, useInbox } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { ListSection } from '../../components/ui/list-section.js';
import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { HookRow } from './hook-row.js';
import { NewHookDialog } from './new-hook-dialog.js';
import { ShownCard, type Shown } from './shown-card.js';
import { WebhookList } from './webhook-list.js';

/** *Webhooks* of a room: where what happens in it is sent, and by what addresses programs write into it. */
export function HooksPage({ roomId }: { roomId: string }) {
  const { rooms } = useInbox();
  const known = rooms?.find(({ room }) => room.id === roomId);
  const may = useMay(known ? roomFacts(known.room, known.mine.role) : null);
  return (
    <QueriesProvider>
      <title>Webhooks · Parley</title>
      <ScreenHeader title="Webhooks" />
      <div className="min-h-0 flex-1 overflow-y-auto">
        {rooms && !may('webhooks.list') ? (
          <Notice title="Webhooks are for the moderators of a room">Ask one of them, or open a room that you moderate.</Notice>
        ) : (
          known && (
            <div className="measure mx-0 flex flex-col gap-8 py-6">
              <p className="text-14 text-ink-2">
                <Link to="/rooms/$roomId" params={{ roomId }} className="text-accent hover:underline">
                  <bdi>{known.mine.direct?.name ?? known.room.name}</bdi>
                </Link>{' '}
                › What happens in the room is sent to programs, and programs write into it.
              </p>
              <Lists room={known.room} mayMake={may('webhooks.create')} mayMakeHook={may('hooks.create')} />
            </div>
          )
        )}
      </div>
    </QueriesProvider>
  );
}

/** What is open over the page. */
type Open = { kind: 'newHook' } | { kind: 'removeHook'; hook: HookView };

function Lists({ room: { id: roomId }, mayMake, mayMakeHook }: { room: RoomView; mayMake: boolean; mayMakeHook: boolean }) {
  const client = useClient();
  const webhooks = trpc.webhooks.list.useQuery({ roomId });
  const hooks = trpc.hooks.list.useQuery({ roomId });
  const [open, setOpen] = useState<Open | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setOpen(null);
  const error = webhooks.error ?? hooks.error;
  if (error) {
    const retry = () => void Promise.all([webhooks.refetch(), hooks.refetch()]);
    return (
      <Notice title="Webhooks could not be loaded" action={<Button onClick={retry}>Try again</Button>}>
        {errorMessage(error)}
      </Notice>
    );
  }
  const forget = (id: string) => shown?.of === id && setShown(null);
  return (
    <>
      {shown && <ShownCard key={shown.value} shown={shown} onDone={() => setShown(null)} />}
      <WebhookList
        title="Sent from this room"
        of="this room"
        webhooks={webhooks.data}
        make={mayMake ? (fields) => client.trpc.webhooks.create.mutate({ roomId, ...fields }) : null}
        refetch={webhooks.refetch}
        onShow={setShown}
        onGone={forget}
      />
      <ListSection title="Written into this room" action="New address" onAction={mayMakeHook ? () => setOpen({ kind: 'newHook' }) : null}>
        {!hooks.data && <span role="status" aria-label="Loading addresses" className="skeleton my-3 block h-12" />}
        {hooks.data?.length === 0 && (
          <p className="py-3 text-14 text-ink-2">No address yet. Whatever is sent to one is said here, as a bot.</p>
        )}
        <ul>
          {hooks.data?.map((hook) => (
            <HookRow key={hook.id} hook={hook} onRemove={() => setOpen({ kind: 'removeHook', hook })} />
          ))}
        </ul>
      </ListSection>
      {open?.kind === 'newHook' && (
        <NewHookDialog
          roomId={roomId}
          onClose={close}
          onMade={({ id, name, url }) => {
            setShown({ of: id, name, label: 'Address', value: new URL(url, window.location.origin).href });
            void hooks.refetch();
          }}
        />
      )}
      {open?.kind === 'removeHook' && (
        <ConfirmDialog
          title={
            <>
              Remove “<bdi>{open.hook.name}</bdi>”?
            </>
          }
          description="Whoever writes by its address is refused from then on. A bot that you had made for it alone goes, and what it said stays. This cannot be taken back."
          confirm="Remove address"
          onConfirm={async () => {
            await client.trpc.hooks.remove.mutate({ roomId, hookId: open.hook.id });
            forget(open.hook.id);
            await hooks.refetch();
          }}
          onClose={close}
        />
      )}
    </>
  );
}
