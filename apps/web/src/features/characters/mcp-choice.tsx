import type { AttachedMcpServer, McpServerView } from '@parley/contracts';
import { ChevronRight } from 'lucide-react';
import { trpc } from '../../client/trpc.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { icon } from '../../components/ui/icon.js';

interface McpChoiceProps {
  chosen: readonly AttachedMcpServer[];
  onChange: (chosen: AttachedMcpServer[]) => void;
}

/** For admins: which MCP servers a character has, and which of their tools. */
export function McpChoice({ chosen, onChange }: McpChoiceProps) {
  const servers = trpc.mcpServers.list.useQuery(undefined, { refetchOnWindowFocus: false }).data?.servers ?? [];
  if (servers.length === 0) return null;
  return (
    <fieldset>
      <legend className="mb-0.5 text-13 font-medium text-ink-2">MCP servers (optional)</legend>
      <p className="mb-1 text-13 text-ink-3">Whoever talks with the character uses their tools. Everyone sees which it has.</p>
      {servers.map((server) => {
        const mine = chosen.find(({ serverId }) => serverId === server.id);
        const others = chosen.filter(({ serverId }) => serverId !== server.id);
        const means = server.problem ?? standing(server);
        const set = (tools: string[] | null) => onChange([...others, { serverId: server.id, name: server.name, tools }]);
        return (
          <div key={server.id}>
            <CheckLine
              checked={mine !== undefined}
              onChange={(on) => (on ? set(null) : onChange(others))}
              errorId={undefined}
              {...(means && { means })}
            >
              {server.name}
            </CheckLine>
            {mine && server.tools.length > 0 && <Narrowed server={server} given={mine.tools} onChange={set} />}
          </div>
        );
      })}
    </fieldset>
  );
}

/** Why none of its tools can be chosen; null if they can. */
function standing({ checkedAt, tools }: McpServerView): string | null {
  if (checkedAt === null) return 'Never checked, so its tools are not known here. Check it in the settings.';
  return tools.length === 0 ? 'It offered no tools when it was checked.' : null;
}

interface NarrowedProps {
  server: McpServerView;
  /** Null for all. */
  given: readonly string[] | null;
  onChange: (given: string[] | null) => void;
}

/** Which tools of a server a character is given, folded. */
function Narrowed({ server: { name, tools }, given, onChange }: NarrowedProps) {
  const names = tools.map((tool) => tool.name);
  const isGiven = (tool: string) => given === null || given.includes(tool);
  const set = (tool: string, on: boolean) => {
    const left = names.filter((each) => (each === tool ? on : isGiven(each)));
    onChange(left.length === names.length ? null : left);
  };
  return (
    <details className="group/tools ml-[26px]">
      <summary
        aria-label={`Tools of ${name}`}
        className="-ml-1 flex min-h-7 w-fit cursor-pointer list-none items-center gap-1.5 rounded-chip px-1 text-13 text-ink-2 hover:text-ink max-wide:min-h-11 [&::-webkit-details-marker]:hidden"
      >
        {given === null ? 'All its tools' : `${names.filter(isGiven).length} of ${names.length} tools`}
        <ChevronRight {...icon} size={14} className="shrink-0 text-ink-3 transition-transform group-open/tools:rotate-90" />
      </summary>
      {tools.map((tool) => (
        <CheckLine
          key={tool.name}
          checked={isGiven(tool.name)}
          onChange={(on) => set(tool.name, on)}
          errorId={undefined}
          means={firstLine(tool.description)}
        >
          {tool.name}
        </CheckLine>
      ))}
    </details>
  );
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line.length > 140 ? `${line.slice(0, 140).toWellFormed()}…` : line;
}

/** For everyone else who edits the character: what an admin gave it. */
export function McpGiven({ given }: { given: readonly AttachedMcpServer[] }) {
  if (given.length === 0) return null;
  return (
    <p className="text-13 text-ink-3">
      An admin gave it tools of{' '}
      {given.map(({ serverId, name }, at) => (
        <span key={serverId}>
          {at > 0 && ', '}
          <bdi className="text-ink-2">{name}</bdi>
        </span>
      ))}
      .
    </p>
  );
}
