import type { McpServerView } from '@parley/contracts';
import { ChevronRight } from 'lucide-react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { clockTime, dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';

interface McpServerRowProps {
  server: McpServerView;
  onChanged: () => void;
  onChange: () => void;
  onRemove: () => void;
}

/** One MCP server: where it is, how its last check went, and what it offers. */
export function McpServerRow({ server, onChanged, onChange, onRemove }: McpServerRowProps) {
  const client = useClient();
  const { busy, problem, call } = useCall();
  const { name, url, command, headerName, trusted, characters, problem: found } = server;
  const check = async () => {
    if (await call(() => client.trpc.mcpServers.check.mutate({ serverId: server.id }))) onChanged();
  };
  return (
    <li className="border-b border-line py-3.5">
      <h3 dir="auto" className="truncate text-15 font-bold">
        {name}
      </h3>
      <p dir="ltr" className="font-mono text-13 wrap-anywhere text-ink-2">
        {url ?? `command: ${command}`}
      </p>
      <p className="text-14 text-ink-2">
        {trusted
          ? 'Trusted: it says which of its tools only read.'
          : 'Not trusted: each of its tools counts as one that changes something.'}
      </p>
      <div aria-live="polite">
        {(problem ?? found) && <p className="text-14 wrap-anywhere text-danger">{problem ?? found}</p>}
        <p className="text-13 text-ink-3">
          <Checked server={server} />
          {headerName && ` · sends ${headerName}`}
          {characters > 0 && ` · ${characters} ${characters === 1 ? 'character has' : 'characters have'} it`}
        </p>
      </div>
      <Tools server={server} />
      <div className="mt-2 flex flex-wrap gap-2 max-wide:gap-3">
        <Button disabled={busy} aria-label={`Check ${name}`} onClick={() => void check()}>
          {busy ? 'Checking…' : 'Check'}
        </Button>
        <Button aria-label={`Change ${name}`} onClick={onChange}>
          Change
        </Button>
        <Button look="danger" aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove
        </Button>
      </div>
    </li>
  );
}

function Checked({ server: { checkedAt, problem } }: { server: McpServerView }) {
  const today = new Date(useToday());
  if (checkedAt === null) return 'Never checked';
  const day = dayName(checkedAt, today).replace(/^(?:Today|Yesterday)/, (word) => word.toLowerCase());
  return `${problem === null ? 'Answered' : 'Checked'} ${day}, ${clockTime(checkedAt)}`;
}

/** What it offered when it was checked, folded. */
function Tools({ server: { name, tools, trusted } }: { server: McpServerView }) {
  if (tools.length === 0) return null;
  return (
    <details className="group/tools mt-1">
      <summary
        aria-label={`Tools of ${name}`}
        className="-ml-1 flex min-h-7 w-fit cursor-pointer list-none items-center gap-1.5 rounded-chip px-1 text-13 text-ink-2 hover:text-ink max-wide:min-h-11 [&::-webkit-details-marker]:hidden"
      >
        {tools.length === 1 ? '1 tool' : `${tools.length} tools`}
        <ChevronRight {...icon} size={14} className="shrink-0 text-ink-3 transition-transform group-open/tools:rotate-90" />
      </summary>
      <ul className="mt-1 ml-[6px] flex flex-col gap-2.5 border-l border-line pb-0.5 pl-[15px]">
        {tools.map((tool) => (
          <li key={tool.name} className="text-13">
            <span className="flex flex-wrap items-baseline gap-x-2">
              <span dir="ltr" className="font-mono wrap-anywhere text-ink">
                {tool.name}
              </span>
              <span className="text-ink-3">{trusted && tool.readOnly ? 'only reads' : 'may change something'}</span>
            </span>
            {tool.description && (
              <span dir="auto" className="line-clamp-3 wrap-anywhere text-ink-2">
                {tool.description}
              </span>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
