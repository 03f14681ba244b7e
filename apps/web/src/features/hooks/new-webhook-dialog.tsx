import { maxHookNameLength, maxUrlLength, webhookEventNames, type WebhookEventName, type WebhookWithSecret } from '@parley/contracts';
import { useId, useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { Dialog } from '../../components/ui/dialog.js';
import { TextField } from '../../components/ui/text-field.js';
import { eventTexts } from './event-texts.js';
import { shownOnceId } from './shown-once-id.js';

interface NewWebhookDialogProps {
  roomId: string;
  onClose: () => void;
  onMade: (made: WebhookWithSecret) => void;
}

/** It closes by itself once the webhook is made, and then hands the focus to its secret. */
export function NewWebhookDialog({ roomId, onClose, onMade }: NewWebhookDialogProps) {
  const [made, setMade] = useState(false);
  return (
    <Dialog
      open={!made}
      onClose={onClose}
      size="wide"
      next={() => document.getElementById(shownOnceId)}
      title="New webhook"
      description="What happens in this room is sent to an address of yours, signed by the scheme of Standard Webhooks."
    >
      <WebhookForm
        roomId={roomId}
        onClose={onClose}
        onMade={(webhook) => {
          onMade(webhook);
          setMade(true);
        }}
      />
    </Dialog>
  );
}

function WebhookForm({ roomId, onClose, onMade }: NewWebhookDialogProps) {
  const { trpc } = useClient();
  const eventsId = useId();
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [events, setEvents] = useState<readonly WebhookEventName[]>(['message.created']);
  const [sent, setSent] = useState(false);
  const { busy, problem, field, call } = useCall();
  const missing = {
    url: !/^https?:\/\/\S+$/i.test(url.trim()) && 'Write the whole address, beginning with https:// or http://.',
    events: events.length === 0 && 'Choose at least one thing that is sent.',
    name: false as const,
  };
  const wrong = field?.split('.')[0];
  const problemAt = (at: keyof typeof missing) => (sent && missing[at]) || (wrong === at && problem) || undefined;
  const make = async (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    if (Object.values(missing).some(Boolean)) return;
    await call(async () => {
      const wanted = { roomId, url: url.trim(), events: [...events], ...(name.trim() === '' ? {} : { name: name.trim() }) };
      onMade(await trpc.webhooks.create.mutate(wanted));
    });
  };
  const eventsProblem = problemAt('events');
  return (
    <form onSubmit={(event) => void make(event)} noValidate className="mt-4 flex flex-col gap-5">
      <TextField
        label="Address"
        type="url"
        dir="ltr"
        maxLength={maxUrlLength}
        autoComplete="off"
        placeholder="https://…"
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        error={problemAt('url')}
      />
      <TextField
        label="Name (optional)"
        hint="Without one it is called as the address’s host."
        maxLength={maxHookNameLength}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={problemAt('name')}
      />
      <fieldset>
        <legend className="mb-1.5 text-13 font-medium text-ink-2">What is sent</legend>
        <div aria-live="polite">
          {eventsProblem && (
            <p id={eventsId} className="mb-1.5 text-13 text-danger">
              {eventsProblem}
            </p>
          )}
        </div>
        {webhookEventNames.map((each) => (
          <CheckLine
            key={each}
            checked={events.includes(each)}
            onChange={(on) => setEvents(webhookEventNames.filter((other) => (other === each ? on : events.includes(other))))}
            errorId={eventsProblem && eventsId}
            means={eventTexts[each].means}
          >
            {eventTexts[each].label}
          </CheckLine>
        ))}
      </fieldset>
      {problem && !(wrong !== undefined && wrong in missing) && (
        <p role="alert" className="text-14 text-danger">
          {problem}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button look="primary" type="submit" disabled={busy}>
          Make webhook
        </Button>
      </div>
    </form>
  );
}
