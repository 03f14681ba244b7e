import type { AttachedMcpServer, CharacterDetails } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { trpc } from '../../client/trpc.js';
import { useMay } from '../../client/use-may.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { Dialog } from '../../components/ui/dialog.js';
import { ExportCard, ImportCard } from './card-buttons.js';
import { CharacterForm } from './character-form.js';
import { McpChoice, McpGiven } from './mcp-choice.js';
import { fieldsOf, newFields, toCreate, toUpdate } from './character-fields.js';

/** Makes a character (`characterId` null) or changes one. */
export function CharacterDialog({ characterId, onClose }: { characterId: string | null; onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} size="wide" title={characterId === null ? 'New character' : 'Edit character'}>
      {characterId === null ? <NewCharacter onClose={onClose} /> : <ExistingCharacter characterId={characterId} onClose={onClose} />}
    </Dialog>
  );
}

function NewCharacter({ onClose }: { onClose: () => void }) {
  const utils = trpc.useUtils();
  const create = trpc.characters.create.useMutation({ onSuccess: () => utils.characters.list.invalidate() });
  const [imported, setImported] = useState<(CharacterDetails & { cut: string[] }) | null>(null);
  // The character is made, and its MCP servers were refused: they can be chosen again where it is changed.
  const [made, setMade] = useState<{ details: CharacterDetails; problem: string } | null>(null);
  const mcp = useMcp(null);
  const onCreated = (details: CharacterDetails) =>
    void mcp.save(details.character.id).then(onClose, (error: unknown) => setMade({ details, problem: errorMessage(error) }));
  if (made) {
    return (
      <>
        <p role="alert" className="mt-4 text-14 text-danger">
          <bdi>{made.details.character.name}</bdi> is here, without the MCP servers that you chose. {made.problem}
        </p>
        <EditCharacter details={made.details} onClose={onClose} />
      </>
    );
  }
  if (imported) {
    return (
      <>
        <p role="status" className="mt-4 text-14 text-ink-2">
          <bdi>{imported.character.name}</bdi> is here, as <bdi>@{imported.character.handle}</bdi>.
          {imported.cut.length > 0 && ` The card is longer than a character may be: of ${imported.cut.join(', ')} only the beginning fits.`}
        </p>
        <EditCharacter details={imported} onClose={onClose} />
      </>
    );
  }
  return (
    <CharacterForm
      initial={newFields}
      isNew
      refused={create.error}
      busy={create.isPending || mcp.busy}
      submit="Create character"
      onSubmit={(fields) => create.mutate(toCreate(fields), { onSuccess: onCreated })}
      mcp={mcp.field}
      onCancel={onClose}
      extra={<ImportCard onImported={setImported} />}
    />
  );
}

function ExistingCharacter({ characterId, onClose }: { characterId: string; onClose: () => void }) {
  // Fetched once each time the dialog opens: a later refetch would overwrite what is being typed.
  const details = trpc.characters.get.useQuery({ characterId }, { gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false });
  if (details.isPending) return <div role="status" aria-label="Loading" className="skeleton mt-4 h-72" />;
  if (details.error) return <p className="mt-4 text-14 text-danger">{errorMessage(details.error)}</p>;
  return <EditCharacter details={details.data} onClose={onClose} />;
}

function EditCharacter({ details, onClose }: { details: CharacterDetails; onClose: () => void }) {
  const client = useClient();
  const utils = trpc.useUtils();
  const update = trpc.characters.update.useMutation({ onSuccess: () => utils.characters.list.invalidate() });
  const [deleting, setDeleting] = useState(false);
  const { character } = details;
  const mcp = useMcp(character.id);
  if (deleting) {
    return (
      <ConfirmDialog
        title={
          <>
            Delete <bdi>{character.name}</bdi>?
          </>
        }
        description="It leaves every room it is in. What it said stays, and its handle stays taken."
        confirm="Delete character"
        onConfirm={async () => {
          await client.trpc.characters.delete.mutate({ characterId: character.id });
          await utils.characters.list.invalidate();
        }}
        onClose={onClose}
      />
    );
  }
  return (
    <CharacterForm
      initial={fieldsOf(details)}
      isNew={false}
      refused={update.error ?? mcp.error}
      busy={update.isPending || mcp.busy}
      submit="Save"
      onSubmit={(fields) =>
        update.mutate(toUpdate(character.id, fields), { onSuccess: () => void mcp.save(character.id).then(onClose, () => {}) })
      }
      mcp={mcp.field}
      onCancel={onClose}
      extra={
        <div className="mr-auto flex flex-wrap">
          <Button look="danger" onClick={() => setDeleting(true)}>
            Delete…
          </Button>
          <ExportCard characterId={character.id} handle={character.handle} />
        </div>
      }
    />
  );
}

/**
 * The MCP servers of a character as they are chosen in its form; only admins choose.
 *
 * @param characterId null for one that is not made yet
 */
function useMcp(characterId: string | null) {
  const mayChoose = useMay()('mcpServers.attach');
  const [chosen, setChosen] = useState<AttachedMcpServer[] | null>(null);
  const attach = trpc.mcpServers.attach.useMutation();
  // Fetched once each time the dialog opens, as the character is.
  const attached = trpc.mcpServers.attached.useQuery(
    { characterId: characterId ?? '' },
    { enabled: characterId !== null, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false },
  );
  const now = chosen ?? (characterId === null ? [] : attached.data);
  return {
    error: attach.error,
    busy: attach.isPending,
    field: now && (mayChoose ? <McpChoice chosen={now} onChange={setChosen} /> : <McpGiven given={now} />),
    /** Sets what was chosen, if anything was. */
    async save(of: string): Promise<void> {
      if (chosen) await attach.mutateAsync({ characterId: of, servers: chosen.map(({ serverId, tools }) => ({ serverId, tools })) });
    },
  };
}
