import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { Button } from '../../components/ui/button.js';
import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { ShownCard, type Shown } from './shown-card.js';
import { WebhookList } from './webhook-list.js';

/** *Webhooks* of a bot of the user's: where what happens in its rooms is sent. */
export function BotHooksPage({ username }: { username: string }) {
  return (
    <QueriesProvider>
      <title>Webhooks of a bot · Parley</title>
      <ScreenHeader title="Webhooks" />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="measure mx-0 flex flex-col gap-8 py-6">
          <p className="text-14 text-ink-2">
            <Link to="/settings/keys" className="text-accent hover:underline">
              Keys and bots
            </Link>{' '}
            › What happens in the rooms of <bdi className="text-ink">@{username}</bdi> is sent to programs. It hears of rooms that it comes
            into later, too.
          </p>
          <Webhooks username={username} />
        </div>
      </div>
    </QueriesProvider>
  );
}

function Webhooks({ username }: { username: string }) {
  const client = useClient();
  const { data, error, refetch } = trpc.webhooks.listForBot.useQuery({ username });
  const [shown, setShown] = useState<Shown | null>(null);
  if (error) {
    return (
      <Notice title="Webhooks could not be loaded" action={<Button onClick={() => void refetch()}>Try again</Button>}>
        {errorMessage(error)}
      </Notice>
    );
  }
  return (
    <>
      {shown && <ShownCard key={shown.value} shown={shown} onDone={() => setShown(null)} />}
      <WebhookList
        title="Sent from its rooms"
        of="its rooms"
        webhooks={data}
        make={(fields) => client.trpc.webhooks.createForBot.mutate({ username, ...fields })}
        refetch={refetch}
        onShow={setShown}
        onGone={(id) => shown?.of === id && setShown(null)}
      />
    </>
  );
}
