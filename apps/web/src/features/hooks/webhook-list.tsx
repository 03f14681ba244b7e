import type { WebhookView } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { ListSection } from '../../components/ui/list-section.js';
import type { Shown } from './shown-card.js';
import { WebhookDialog, type WebhookFields } from './webhook-dialog.js';
import { WebhookRow } from './webhook-row.js';

interface WebhookListProps {
  title: string;
  /** Of what they tell: “this room”. */
  of: string;
  /** Undefined while they are loaded. */
  webhooks: readonly WebhookView[] | undefined;
  /** Makes one; null where the user may not. @returns what is shown once */
  make: ((fields: WebhookFields) => Promise<{ id: string; name: string; secret: string }>) | null;
  refetch: () => Promise<unknown>;
  /** @param shown a secret that was made */
  onShow: (shown: Shown) => void;
  /** Called with the id of one that is gone. */
  onGone: (id: string) => void;
}

type Open = { kind: 'new' } | { kind: 'change' | 'rotate' | 'remove'; webhook: WebhookView };

/** The webhooks of a room or of a bot, and all that is done with them. */
export function WebhookList({ title, of, webhooks, make, refetch, onShow, onGone }: WebhookListProps) {
  const { trpc } = useClient();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const show = ({ id, name, secret }: { id: string; name: string; secret: string }) =>
    onShow({ of: id, name, label: 'Secret', value: secret });
  return (
    <ListSection title={title} action="New webhook" onAction={make && (() => setOpen({ kind: 'new' }))}>
      {!webhooks && <span role="status" aria-label="Loading webhooks" className="skeleton my-3 block h-12" />}
      {webhooks?.length === 0 && (
        <p className="py-3 text-14 text-ink-2">No webhook yet. A webhook sends what happens in {of} to an address on the net.</p>
      )}
      <ul>
        {webhooks?.map((webhook) => (
          <WebhookRow key={webhook.id} webhook={webhook} onChanged={() => void refetch()} onOpen={(kind) => setOpen({ kind, webhook })} />
        ))}
      </ul>
      {open?.kind === 'new' && make && (
        <WebhookDialog
          of={of}
          webhook={null}
          onClose={close}
          onSubmit={async (fields) => {
            show(await make(fields));
            void refetch();
          }}
        />
      )}
      {open?.kind === 'change' && (
        <WebhookDialog
          of={of}
          webhook={open.webhook}
          onClose={close}
          onSubmit={async (fields) => {
            await trpc.webhooks.update.mutate({ webhookId: open.webhook.id, ...fields });
            await refetch();
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
            show(await trpc.webhooks.rotate.mutate({ webhookId: open.webhook.id }));
            await refetch();
          }}
          onClose={close}
        />
      )}
      {open?.kind === 'remove' && (
        <ConfirmDialog
          title={
            <>
              Remove “<bdi>{open.webhook.name}</bdi>”?
            </>
          }
          description="Nothing is sent to its address any more, what waits neither. This cannot be taken back."
          confirm="Remove webhook"
          onConfirm={async () => {
            await trpc.webhooks.remove.mutate({ webhookId: open.webhook.id });
            onGone(open.webhook.id);
            await refetch();
          }}
          onClose={close}
        />
      )}
    </ListSection>
  );
}
