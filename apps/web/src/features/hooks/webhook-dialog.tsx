import { maxHookNameLength, maxUrlLength, webhookEventNames, type WebhookEventName, type WebhookView } from '@parley/contracts';
import { useId, useState } from 'react';
import { CheckLine } from '../../components/ui/check-line.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextField } from '../../components/ui/text-field.js';
import { eventTexts } from './event-texts.js';
import { shownOnceId } from './shown-once-id.js';

/** What is filled in. */
export interface WebhookFields {
  url: string;
  events: WebhookEventName[];
  name?: string;
}

interface WebhookDialogProps {
  /** Of what it tells: “this room”. */
  of: string;
  /** Which one is changed; null to make one, whose secret then has the focus. */
  webhook: WebhookView | null;
  onSubmit: (fields: WebhookFields) => Promise<unknown>;
  onClose: () => void;
}

export function WebhookDialog({ of, webhook, onSubmit, onClose }: WebhookDialogProps) {
  const eventsId = useId();
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [name, setName] = useState(webhook?.name ?? '');
  const [events, setEvents] = useState<readonly WebhookEventName[]>(webhook?.events ?? ['message.created']);
  const given = name.trim();
  return (
    <FormDialog
      size="wide"
      title={
        webhook ? (
          <>
            Change “<bdi>{webhook.name}</bdi>”
          </>
        ) : (
          'New webhook'
        )
      }
      description={
        webhook
          ? 'What happens from now on is sent as you say here, and what waits goes to the address of here too. The secret stays.'
          : `What happens in ${of} is sent to an address of yours, signed by the scheme of Standard Webhooks.`
      }
      submit={webhook ? 'Save' : 'Make webhook'}
      missing={{
        url: !/^https?:\/\/\S+$/i.test(url.trim()) && 'Write the whole address, beginning with https:// or http://.',
        events: events.length === 0 && 'Choose at least one thing that is sent.',
        name: webhook !== null && given === '' && 'Give it a name, by which you know it again.',
      }}
      onSubmit={() => onSubmit({ url: url.trim(), events: [...events], ...(given === '' ? {} : { name: given }) })}
      onClose={onClose}
      {...(webhook ? {} : { next: () => document.getElementById(shownOnceId) })}
    >
      {(problemAt) => (
        <>
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
            label={webhook ? 'Name' : 'Name (optional)'}
            hint={webhook ? undefined : 'Without one it is called as the address’s host.'}
            maxLength={maxHookNameLength}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problemAt('name')}
          />
          <fieldset>
            <legend className="mb-1.5 text-13 font-medium text-ink-2">What is sent</legend>
            <div aria-live="polite">
              {problemAt('events') && (
                <p id={eventsId} className="mb-1.5 text-13 text-danger">
                  {problemAt('events')}
                </p>
              )}
            </div>
            {webhookEventNames.map((each) => (
              <CheckLine
                key={each}
                checked={events.includes(each)}
                onChange={(on) => setEvents(webhookEventNames.filter((other) => (other === each ? on : events.includes(other))))}
                errorId={problemAt('events') && eventsId}
                means={eventTexts[each].means}
              >
                {eventTexts[each].label}
              </CheckLine>
            ))}
          </fieldset>
        </>
      )}
    </FormDialog>
  );
}
