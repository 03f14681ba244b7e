import type { McpServerView } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { McpServerDialog } from './mcp-server-dialog.js';
import { McpServerRow } from './mcp-server-row.js';

/** For admins: the MCP servers whose tools characters may be given. */
export function McpServers() {
  return (
    <QueriesProvider>
      <List />
    </QueriesProvider>
  );
}

/** What is open over the page. */
type Open = { kind: 'save'; server: McpServerView | null } | { kind: 'remove'; server: McpServerView };

function List() {
  const client = useClient();
  const utils = trpc.useUtils();
  const list = trpc.mcpServers.list.useQuery();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const changed = () => utils.mcpServers.list.invalidate();
  const servers = list.data?.servers;
  return (
    <>
      <p className="text-14 text-ink-2">
        Programs that speak the Model Context Protocol give characters tools. Add one here, then choose it where you edit a character.
      </p>
      {list.error && (
        <p role="alert" className="mt-3 text-14 text-danger">
          {errorMessage(list.error)}
        </p>
      )}
      {list.isPending && <span role="status" aria-label="Loading MCP servers" className="skeleton my-3 block h-12" />}
      {servers && servers.length > 0 && (
        <ul className="mt-3 border-t border-line">
          {servers.map((server) => (
            <McpServerRow
              key={server.id}
              server={server}
              onChanged={() => void changed()}
              onChange={() => setOpen({ kind: 'save', server })}
              onRemove={() => setOpen({ kind: 'remove', server })}
            />
          ))}
        </ul>
      )}
      {servers && (
        <Button className="mt-3" onClick={() => setOpen({ kind: 'save', server: null })}>
          Add a server
        </Button>
      )}
      {open?.kind === 'save' && (
        <McpServerDialog server={open.server} commands={list.data?.commands ?? []} onSaved={() => void changed()} onClose={close} />
      )}
      {open?.kind === 'remove' && (
        <ConfirmDialog
          title={
            <>
              Remove “<bdi>{open.server.name}</bdi>”?
            </>
          }
          description="Characters that have it answer without its tools from then on. Its secret is deleted. This cannot be taken back."
          confirm="Remove server"
          onConfirm={async () => {
            await client.trpc.mcpServers.remove.mutate({ serverId: open.server.id });
            await changed();
          }}
          onClose={close}
        />
      )}
    </>
  );
}
