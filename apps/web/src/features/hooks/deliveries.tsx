import type { DeliveryView, WebhookView } from '@parley/contracts';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { trpc } from '../../client/trpc.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { eventTexts } from './event-texts.js';
import { useMoment } from './use-moment.js';

/** How soon what waits to be sent is looked at again, in milliseconds. */
const lookEveryMs = 2_000;

/** What a webhook sent last, the newest first, and how it was answered. */
export function Deliveries({ webhook }: { webhook: WebhookView }) {
  const { data, error, refetch, isFetching } = trpc.webhooks.deliveries.useQuery(
    { webhookId: webhook.id },
    { refetchInterval: ({ state }) => (state.data?.some(({ status }) => status === 'waiting') ? lookEveryMs : false) },
  );
  return (
    <div role="region" aria-label={`Last deliveries of ${webhook.name}`} className="mt-2 rounded-card border border-line px-3 py-1.5">
      <div className="flex items-center justify-between gap-2">
        <p className="text-13 font-medium text-ink-2">Last deliveries</p>
        <Button size="small" look="quiet" disabled={isFetching} onClick={() => void refetch()}>
          Look again
        </Button>
      </div>
      {error && (
        <p role="alert" className="py-1.5 text-13 text-danger">
          {errorMessage(error)}
        </p>
      )}
      {!data && !error && <span role="status" aria-label="Loading deliveries" className="skeleton my-2 block h-8" />}
      {data?.length === 0 && <p className="py-1.5 text-13 text-ink-2">Nothing was sent yet.</p>}
      <ul>
        {data?.map((delivery) => (
          <Delivery key={delivery.id} webhook={webhook} delivery={delivery} onResent={() => void refetch()} />
        ))}
      </ul>
    </div>
  );
}

function Delivery({ webhook, delivery, onResent }: { webhook: WebhookView; delivery: DeliveryView; onResent: () => void }) {
  const client = useClient();
  const when = useMoment();
  const { busy, problem, call } = useCall();
  const { event, createdAt, last } = delivery;
  const resend = async () => {
    if (await call(() => client.trpc.webhooks.resend.mutate({ webhookId: webhook.id, deliveryId: delivery.id }))) onResent();
  };
  return (
    <li className="flex items-start gap-3 border-t border-line py-2">
      <div className="min-w-0 flex-1 text-13 text-ink-2">
        <p>
          <span className="font-medium text-ink">{outcome(delivery)}</span> · {eventTexts[event]?.label ?? event} · {when(createdAt)}
        </p>
        {last?.error && <p className="wrap-anywhere">{last.error}</p>}
        {last && last.answer !== '' && (
          <details>
            <summary className="cursor-pointer text-ink-3">What was answered</summary>
            <pre dir="auto" className="max-h-40 overflow-auto font-mono text-12 wrap-anywhere whitespace-pre-wrap">
              {last.answer}
            </pre>
          </details>
        )}
        {problem && (
          <p role="alert" className="text-danger">
            {problem}
          </p>
        )}
      </div>
      {delivery.status !== 'waiting' && (
        <Button size="small" disabled={busy} onClick={() => void resend()}>
          Send again
        </Button>
      )}
    </li>
  );
}

/** How it went, in a few words: `Taken (200, 12 ms)`. */
function outcome({ status, attempts, last }: DeliveryView): string {
  const answer = last && ` (${last.status === null ? '' : `${last.status}, `}${last.durationMs} ms)`;
  switch (status) {
    case 'delivered':
      return `Taken${answer ?? ''}`;
    case 'parked':
      return `Not taken${answer ?? ''}`;
    case 'dropped':
      return 'Never sent';
    case 'waiting':
      return attempts === 0
        ? 'Waits to be sent'
        : `Tried ${attempts} ${attempts === 1 ? 'time' : 'times'}${answer ?? ''}, will be tried again`;
  }
}
