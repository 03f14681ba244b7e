import { characterTools, may, type CharacterDetails, type CharacterEntry, type CharacterView, type InstanceRole } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, type Instant } from './instant.js';

export interface CharacterRow extends CharacterView {
  ownerId: string | null;
  isAssistant: boolean;
  systemPrompt: string;
  temperature: number | null;
  greeting: string;
  /** May hold names that an earlier version, or a later one, has. */
  tools: string[];
  createdAt: Instant;
  version: string;
}

/** @param character alias of `characters`, or of anything with its columns; always a literal. */
export function characterJson(character: string): Prisma.Sql {
  return Prisma.raw(`json_build_object(
    'id', ${character}.id, 'handle', ${character}.handle, 'name', ${character}.name, 'tagline', ${character}.tagline,
    'avatar', ${character}.avatar, 'model', ${character}.model, 'ownerId', ${character}.owner_id, 'isAssistant', ${character}.is_assistant,
    'systemPrompt', ${character}.system_prompt, 'temperature', ${character}.temperature, 'greeting', ${character}.greeting, 'tools', ${character}.tools,
    'createdAt', ${character}.created_at, 'version', ${versionOf(character)})`);
}

/** What tells one state of a character from every other. @param character as in {@link characterJson} */
export function characterVersion(character: string): Prisma.Sql {
  return Prisma.raw(versionOf(character));
}

const versionOf = (character: string) =>
  `md5(row(${['name', 'tagline', 'avatar', 'model', 'system_prompt', 'temperature', 'greeting', 'tools'].map((column) => `${character}.${column}`).join(', ')})::text)`;

/** Makes the entry field by field, as `presenters.ts` does: the prompt travels in {@link characterDetails} only. */
export function characterEntry({ id, handle, name, tagline, avatar, model, ownerId }: CharacterRow, userId: string): CharacterEntry {
  return { character: { id, handle, name, tagline, avatar, model }, mine: ownerId === userId };
}

export function characterDetails(row: CharacterRow, viewer: { userId: string; role: InstanceRole }): CharacterDetails {
  const entry = characterEntry(row, viewer.userId);
  const { systemPrompt, temperature, greeting, version } = row;
  const tools = characterTools.filter((tool) => row.tools.includes(tool));
  const mayChange = may('characters.update', { instanceRole: viewer.role, own: entry.mine });
  return {
    ...entry,
    createdAt: toIso(row.createdAt),
    version: mayChange ? version : null,
    settings: mayChange ? { systemPrompt, temperature, greeting, tools } : null,
  };
}
