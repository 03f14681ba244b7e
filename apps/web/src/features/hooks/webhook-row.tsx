import type { WebhookView } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { markedName } from '../../components/ui/marked-name.js';
import { Button } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { Deliveries } from './deliveries.js';
import { eventsInWords } from './event-texts.js';
import { useMoment } from './use-moment.js';

interface WebhookRowProps {
  webhook: WebhookView;
  onChanged: () => void;
  /** Opens a dialog about it. */
  onOpen: (kind: 'change' | 'rotate' | 'remove') => void;
}

/** One webhook: where it sends and what, whether it does, and what it sent last. */
export function WebhookRow({ webhook, onChanged, onOpen }: WebhookRowProps) {
  const client = useClient();
  const when = useMoment();
  const { busy, problem, call } = useCall();
  const [open, setOpen] = useState(false);
  const { name, url, events, status, madeBy, createdAt, waiting } = webhook;
  // One that has stopped because of its room or its people goes on by itself: it can only be switched off.
  const isOn = status === 'active' || status === 'stopped';
  const toggle = async () => {
    if (await call(() => client.trpc.webhooks.update.mutate({ webhookId: webhook.id, active: !isOn }))) onChanged();
  };
  return (
    <li className="border-b border-line py-3.5">
      <h3 dir="auto" className="truncate text-15 font-bold">
        {name}
      </h3>
      <p dir="ltr" className="font-mono text-13 wrap-anywhere text-ink-2">
        {url}
      </p>
      <p className="text-14 text-ink-2">{eventsInWords(events)}</p>
      {status !== 'active' && <p className={cx('text-14', status === 'off' ? 'text-ink' : 'text-danger')}>{standing(webhook, when)}</p>}
      <p className="text-13 text-ink-3">
        Made {when(createdAt)} by <bdi>{markedName(madeBy)}</bdi>
        {waiting > 0 && ` · ${waiting} ${waiting === 1 ? 'event waits' : 'events wait'}`}
        {webhook.oldSecretUntil && ` · the earlier secret signs too until ${when(webhook.oldSecretUntil)}`}
      </p>
      {problem && (
        <p role="alert" className="text-13 text-danger">
          {problem}
        </p>
      )}
      <div className="mt-2 flex flex-wrap gap-2 max-wide:gap-3">
        <Button aria-expanded={open} aria-label={`Deliveries of ${name}`} onClick={() => setOpen(!open)}>
          Deliveries
        </Button>
        <Button aria-label={`Change ${name}`} onClick={() => onOpen('change')}>
          Change
        </Button>
        <Button disabled={busy} aria-label={`${isOn ? 'Switch off' : 'Switch on'} ${name}`} onClick={() => void toggle()}>
          {isOn ? 'Switch off' : 'Switch on'}
        </Button>
        <Button aria-label={`New secret for ${name}`} onClick={() => onOpen('rotate')}>
          New secret
        </Button>
        <Button look="danger" aria-label={`Remove ${name}`} onClick={() => onOpen('remove')}>
          Remove
        </Button>
      </div>
      {open && <Deliveries webhook={webhook} />}
    </li>
  );
}

function standing({ status, parkedAt, bot }: WebhookView, when: (instant: string) => string): string {
  switch (status) {
    case 'active':
      return '';
    case 'off':
      return 'Switched off: nothing is sent.';
    case 'parked':
      return `Parked${parkedAt ? ` ${when(parkedAt)}` : ''}: nothing was taken for a day. Switch it on to go on with what waits.`;
    case 'stopped':
      return bot === null ? 'Stopped: the room is archived, or whoever made it has left.' : 'Stopped: its bot is gone.';
  }
}
