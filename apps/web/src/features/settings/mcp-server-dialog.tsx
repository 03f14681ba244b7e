import { maxMcpServerNameLength, maxSecretHeaderLength, maxUrlLength, type McpServerView } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { ChoiceCards } from '../../components/ui/choice-cards.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextField } from '../../components/ui/text-field.js';

interface McpServerDialogProps {
  /** Which one is changed; null to add one. */
  server: McpServerView | null;
  /** Names of the commands that can be chosen. */
  commands: readonly string[];
  onSaved: () => void;
  onClose: () => void;
}

type Way = 'url' | 'command';

/** Adds an MCP server or changes one, then checks it. */
export function McpServerDialog({ server, commands, onSaved, onClose }: McpServerDialogProps) {
  const client = useClient();
  const [name, setName] = useState(server?.name ?? '');
  const [way, setWay] = useState<Way>(server?.command ? 'command' : 'url');
  const [url, setUrl] = useState(server?.url ?? '');
  const [command, setCommand] = useState(server?.command ?? commands[0] ?? '');
  const [header, setHeader] = useState(server?.headerName ?? '');
  const [secret, setSecret] = useState('');
  const [trusted, setTrusted] = useState(server?.trusted ?? false);
  const [headerName, value] = [header.trim(), secret.trim()];
  // A header that is there keeps its secret as long as none is typed.
  const keeps = (server?.headerName ?? '') === headerName && value === '';
  const given = headerName === '' ? null : { name: headerName, value };
  const save = async () => {
    const common = { name: name.trim(), trusted };
    const { id } = server
      ? await client.trpc.mcpServers.update.mutate({
          serverId: server.id,
          ...common,
          ...(server.url !== null && { url: url.trim(), ...(!keeps && { header: given }) }),
        })
      : await client.trpc.mcpServers.create.mutate({
          ...common,
          ...(way === 'command' ? { command } : { url: url.trim(), ...(given && { header: given }) }),
        });
    onSaved();
    // What it says is shown in its row; the dialog need not wait for it.
    void client.trpc.mcpServers.check.mutate({ serverId: id }).then(onSaved, onSaved);
  };
  return (
    <FormDialog
      size="wide"
      title={
        server ? (
          <>
            Change “<bdi>{server.name}</bdi>”
          </>
        ) : (
          'Add an MCP server'
        )
      }
      description="It is sent what a character writes as the arguments of its tools, and nothing else of a room."
      submit={server ? 'Save and check' : 'Add and check'}
      missing={{
        name: name.trim() === '' && 'Give it a name. The names of its tools begin with it.',
        url: way === 'url' && !/^https?:\/\/\S+$/i.test(url.trim()) && 'Write the whole address, beginning with https:// or http://.',
        header: way === 'url' && headerName !== '' && value === '' && !keeps && 'Write the secret that the header carries.',
      }}
      onSubmit={save}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <TextField
            label="Name"
            maxLength={maxMcpServerNameLength}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problemAt('name')}
          />
          {!server && commands.length > 0 && (
            <ChoiceCards
              legend="Where it is"
              name="way"
              choices={[
                { value: 'url', label: 'At an address', means: 'It runs somewhere, and is called over HTTP.' },
                { value: 'command', label: 'A command', means: 'It is started here, as whoever runs this server allows.' },
              ]}
              value={way}
              onChange={setWay}
            />
          )}
          {way === 'command' && !server && (
            <fieldset>
              <legend className="mb-1 text-13 font-medium text-ink-2">Command</legend>
              {commands.map((each) => (
                <label key={each} className="flex min-h-9 cursor-pointer items-center gap-2.5 text-14 max-wide:min-h-11">
                  <input
                    type="radio"
                    name="command"
                    checked={command === each}
                    onChange={() => setCommand(each)}
                    className="size-4 accent-accent"
                  />
                  <span className="wrap-anywhere">{each}</span>
                </label>
              ))}
            </fieldset>
          )}
          {way === 'url' && (
            <>
              <TextField
                label="Address"
                type="url"
                dir="ltr"
                maxLength={maxUrlLength}
                autoComplete="off"
                placeholder="https://…/mcp"
                value={url}
                onChange={(event) => setUrl(event.target.value)}
                error={problemAt('url')}
              />
              <div className="grid grid-cols-2 gap-3 max-wide:grid-cols-1">
                <TextField
                  label="Header (optional)"
                  hint="Such as Authorization"
                  dir="ltr"
                  maxLength={64}
                  autoComplete="off"
                  spellCheck={false}
                  value={header}
                  onChange={(event) => setHeader(event.target.value)}
                />
                <TextField
                  label="Its secret"
                  hint={server?.headerName ? 'Left empty, it stays as it is.' : 'Such as Bearer … It is not shown again.'}
                  type="password"
                  dir="ltr"
                  maxLength={maxSecretHeaderLength}
                  autoComplete="new-password"
                  value={secret}
                  onChange={(event) => setSecret(event.target.value)}
                  error={problemAt('header')}
                />
              </div>
            </>
          )}
          <CheckLine
            checked={trusted}
            onChange={setTrusted}
            errorId={undefined}
            means="It is believed which of its tools only read. Without trust, each of them counts as one that changes something."
          >
            Trust this server
          </CheckLine>
        </>
      )}
    </FormDialog>
  );
}
