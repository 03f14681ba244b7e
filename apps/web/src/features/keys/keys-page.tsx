import type { AccountView, BotView, KeyView, MadeKey } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { ListSection } from '../../components/ui/list-section.js';
import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { BotRow } from './bot-row.js';
import { KeyRow } from './key-row.js';
import { MadeKeyCard } from './made-key.js';
import { NewBotDialog } from './new-bot-dialog.js';
import { NewKeyDialog } from './new-key-dialog.js';

/** *Keys and bots*: by what programs act, for the user or as bots of theirs. */
export function KeysPage({ user }: { user: AccountView }) {
  return (
    <QueriesProvider>
      <title>Keys and bots · Parley</title>
      <ScreenHeader title="Keys and bots" />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="measure mx-0 flex flex-col gap-8 py-6">
          <p className="text-14 text-ink-2">
            <Link to="/settings" className="text-accent hover:underline">
              Settings
            </Link>{' '}
            › A program acts by a key: as you, or as a bot, which is marked wherever its name shows.
          </p>
          <Lists user={user} />
        </div>
      </div>
    </QueriesProvider>
  );
}

/** What is open over the page. */
type Open =
  | { kind: 'newKey'; bot: BotView | null }
  | { kind: 'newBot' }
  | { kind: 'revoke'; key: KeyView }
  | { kind: 'removeBot'; bot: BotView };

function Lists({ user }: { user: AccountView }) {
  const client = useClient();
  const utils = trpc.useUtils();
  const keys = trpc.keys.list.useQuery();
  const bots = trpc.bots.list.useQuery();
  const [open, setOpen] = useState<Open | null>(null);
  const [made, setMade] = useState<MadeKey | null>(null);
  const close = () => setOpen(null);
  const openNewKey = (bot: BotView | null) => setOpen({ kind: 'newKey', bot });
  const error = keys.error ?? bots.error;
  if (error) {
    const retry = () => void Promise.all([keys.refetch(), bots.refetch()]);
    return (
      <Notice title="Keys and bots could not be loaded" action={<Button onClick={retry}>Try again</Button>}>
        {errorMessage(error)}
      </Notice>
    );
  }
  const botOf = (key: KeyView) => bots.data?.find(({ user: { username } }) => username === key.bot)?.user;
  return (
    <>
      {made && <MadeKeyCard key={made.id} made={made} onDone={() => setMade(null)} />}
      <ListSection title="Keys" action="New key" onAction={() => openNewKey(null)}>
        {!keys.data || !bots.data ? (
          <span role="status" aria-label="Loading keys" className="skeleton my-3 block h-12" />
        ) : keys.data.length === 0 ? (
          <p className="py-3 text-14 text-ink-2">No key yet. A key lets a script do what you choose of what you may do.</p>
        ) : (
          <ul>
            {keys.data.map((key) => (
              <KeyRow key={key.id} shown={key} bot={botOf(key)} onRevoke={() => setOpen({ kind: 'revoke', key })} />
            ))}
          </ul>
        )}
      </ListSection>
      <ListSection title="Bots" action="New bot" onAction={() => setOpen({ kind: 'newBot' })}>
        {bots.data?.length === 0 && (
          <p className="py-3 text-14 text-ink-2">
            No bot yet. A bot is an account of its own for a program: it has a name, is brought into rooms as people are, and acts by keys
            that you make.
          </p>
        )}
        <ul>
          {bots.data?.map((bot) => (
            <BotRow key={bot.user.id} bot={bot} onNewKey={() => openNewKey(bot)} onRemove={() => setOpen({ kind: 'removeBot', bot })} />
          ))}
        </ul>
      </ListSection>
      {open?.kind === 'newKey' && (
        <NewKeyDialog
          user={user}
          bot={open.bot}
          onClose={close}
          onMade={(key) => {
            setMade(key);
            void utils.keys.list.invalidate();
          }}
        />
      )}
      {open?.kind === 'newBot' && <NewBotDialog onClose={close} onMade={() => void utils.bots.list.invalidate()} />}
      {open?.kind === 'revoke' && (
        <ConfirmDialog
          title={
            <>
              Revoke “<bdi>{open.key.name}</bdi>”?
            </>
          }
          description="Whatever uses this key is refused from then on. This cannot be taken back."
          confirm="Revoke key"
          onConfirm={async () => {
            await client.trpc.keys.revoke.mutate({ keyId: open.key.id });
            if (made?.id === open.key.id) setMade(null);
            await utils.keys.list.invalidate();
          }}
          onClose={close}
        />
      )}
      {open?.kind === 'removeBot' && (
        <ConfirmDialog
          title={
            <>
              Remove <bdi>{open.bot.user.displayName}</bdi>?
            </>
          }
          description="Its keys end at once and it leaves its rooms. What it said stays, without its name. This cannot be taken back."
          confirm="Remove bot"
          onConfirm={async () => {
            await client.trpc.bots.remove.mutate({ username: open.bot.user.username });
            if (made?.bot === open.bot.user.username) setMade(null);
            await Promise.all([utils.bots.list.invalidate(), utils.keys.list.invalidate()]);
          }}
          onClose={close}
        />
      )}
    </>
  );
}
