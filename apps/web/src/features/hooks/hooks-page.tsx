import type { HookView, RoomView, WebhookView } from '@parley/contracts';
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
import { ShownOnce } from '../../components/ui/shown-once.js';
import { HookRow } from './hook-row.js';
import { NewHookDialog } from './new-hook-dialog.js';
import { NewWebhookDialog } from './new-webhook-dialog.js';
import { shownOnceId } from './shown-once-id.js';
import { WebhookRow } from './webhook-row.js';

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
type Open =
  | { kind: 'newWebhook' | 'newHook' }
  | { kind: 'rotate' | 'removeWebhook'; webhook: WebhookView }
  | { kind: 'removeHook'; hook: HookView };

/** What is shown only once. `of` is the id of what it belongs to. */
interface Shown {
  of: string;
  name: string;
  label: 'Secret' | 'Address';
  value: string;
}

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
      {shown && (
        <ShownOnce
          key={shown.value}
          label={shown.label}
          title={
            <>
              The {shown.label.toLowerCase()} of “<bdi>{shown.name}</bdi>”
            </>
          }
          description={shownTexts[shown.label]}
          id={shownOnceId}
          value={shown.value}
          onDone={() => setShown(null)}
        />
      )}
      <ListSection title="Sent from this room" action="New webhook" onAction={mayMake ? () => setOpen({ kind: 'newWebhook' }) : null}>
        {!webhooks.data && <span role="status" aria-label="Loading webhooks" className="skeleton my-3 block h-12" />}
        {webhooks.data?.length === 0 && (
          <p className="py-3 text-14 text-ink-2">No webhook yet. A webhook sends what happens here to an address on the net.</p>
        )}
        <ul>
          {webhooks.data?.map((webhook) => (
            <WebhookRow
              key={webhook.id}
              webhook={webhook}
              onChanged={() => void webhooks.refetch()}
              onRotate={() => setOpen({ kind: 'rotate', webhook })}
              onRemove={() => setOpen({ kind: 'removeWebhook', webhook })}
            />
          ))}
        </ul>
      </ListSection>
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
      {open?.kind === 'newWebhook' && (
        <NewWebhookDialog
          roomId={roomId}
          onClose={close}
          onMade={({ id, name, secret }) => {
            setShown({ of: id, name, label: 'Secret', value: secret });
            void webhooks.refetch();
          }}
        />
      )}
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
      {open?.kind === 'rotate' && (
        <ConfirmDialog
          title={
            <>
              A new secret for “<bdi>{open.webhook.name}</bdi>”?
            </>
          }
          description="The secret of now signs beside the new one for a day, so that the receiver can change over."
          confirm="Make secret"
          onConfirm={async () => {
            const { id, name, secret } = await client.trpc.webhooks.rotate.mutate({ webhookId: open.webhook.id });
            setShown({ of: id, name, label: 'Secret', value: secret });
            await webhooks.refetch();
          }}
          onClose={close}
        />
      )}
      {open?.kind === 'removeWebhook' && (
        <ConfirmDialog
          title={
            <>
              Remove “<bdi>{open.webhook.name}</bdi>”?
            </>
          }
          description="Nothing is sent to its address any more, what waits neither. This cannot be taken back."
          confirm="Remove webhook"
          onConfirm={async () => {
            await client.trpc.webhooks.remove.mutate({ webhookId: open.webhook.id });
            forget(open.webhook.id);
            await webhooks.refetch();
          }}
          onClose={close}
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

const shownTexts: Record<Shown['label'], string> = {
  Secret: 'Copy it now: it is shown only this once. The receiver checks by it that what comes is from here; if it is lost, make a new one.',
  Address: 'Copy it now: it is shown only this once. Whoever has it can write here; if it is lost, remove it and make another.',
};
