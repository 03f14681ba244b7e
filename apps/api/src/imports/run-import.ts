import type { CoreDeps } from '@parley/core/deps';
import { findCharacter, findPeopleByEmail, findPersonByName, type FoundPerson } from '@parley/core/imports/find-people';
import { ChangedSourceError, importSourceRoom, type ImportRoomOptions, type RoomOutcome } from '@parley/core/imports/import-source-room';
import type { SourcePerson, SourceRoom } from '@parley/core/imports/source-rooms';
import type { SourcePeople } from '@parley/core/imports/source-row';
import { z } from 'zod';
import type { ExportReader } from './export-reader.js';
import { importError } from './import-error.js';
import { ImportReport } from './import-report.js';
import { MessageSpool } from './message-spool.js';
import { openMattermostExport } from './mattermost.js';
import { openOpenWebUiExport } from './open-webui.js';
import { openSlackExport } from './slack.js';

/** The servers whose exports are read. */
const readers: Record<ImportOptions['kind'], (options: ImportOptions) => Promise<ExportReader>> = {
  slack: ({ file }) => openSlackExport(file),
  mattermost: ({ file }) => openMattermostExport(file),
  'open-webui': ({ file, users }) => openOpenWebUiExport(file, users),
};

export const importOptionsSchema = z.object({
  kind: z.enum(['slack', 'mattermost', 'open-webui']),
  /** Absolute paths. */
  file: z.string().min(1).max(2_000),
  report: z.string().min(1).max(2_000),
  /** The username of whoever owns rooms that have no other owner here. */
  owner: z.string().min(1).max(100),
  /** Whose words become an account's: nobody's, theirs who have proved that the address is theirs, theirs who say so. */
  matchEmail: z.enum(['no', 'verified', 'any']),
  /** Open WebUI: the list of people that it exports, if there is one. */
  users: z.string().min(1).max(2_000).nullable(),
  /** Open WebUI: the handle of a character that answers in the rooms, if one is to. */
  character: z.string().min(1).max(100).nullable(),
  /** Tells servers apart that the exports do not. */
  from: z.string().max(100),
});
export type ImportOptions = z.infer<typeof importOptionsSchema>;

/**
 * Imports an export of another chat server. A run that was interrupted is gone on with by the same command; one that was finished, repeated,
 * writes nothing but the report.
 *
 * @param progress is told how far it is
 * @returns what was done, in lines for the operator
 */
export async function runImport(
  deps: CoreDeps,
  options: ImportOptions,
  { progress, signal }: { progress(line: string): void; signal?: AbortSignal | undefined },
): Promise<string> {
  const owner = await findPersonByName(deps, options.owner);
  if (!owner) throw importError(`There is no account named “${options.owner}”: name one by --owner, who is to own the rooms.`);
  const character = options.character === null ? null : await findCharacter(deps, options.character);
  if (options.character !== null && !character)
    throw importError(`There is no character named “${options.character}”: name another by --character.`);
  const reader = await readers[options.kind](options);
  try {
    await using report = await ImportReport.make(options.report);
    await using spool = await MessageSpool.make();
    for (const note of reader.notes) report.note(note);
    const people = await peopleOf(deps, reader, options, owner);
    const rooms = await reader.readMessages(
      {
        mention: (key) => `@${people.here.get(key)?.username ?? mentionName(people.all.get(key), key)}`,
        name: (key) => people.here.get(key)?.name ?? people.all.get(key)?.name ?? key,
      },
      {
        add: (room, order, message) => spool.add(room, order, message),
        note: (line) => report.note(line),
        at: (what, done) => progress(`${what}: ${done}`),
        signal,
      },
    );
    const counts = { made: 0, messages: 0, there: 0, nobody: 0 };
    for (const [place, room] of rooms.entries()) {
      signal?.throwIfAborted();
      const named = nameOf(room, people);
      const outcome = await importRoomAnew(deps, { ...room, name: named }, spool, {
        people,
        owner,
        characterId: character?.id ?? null,
        now: Date.now(),
        signal,
        onWritten: (messages) =>
          progress(`room ${place + 1} of ${rooms.length}, ${named}: ${messages} of ${spool.count(room.key)} messages`),
        lost: (what, message, detail) =>
          report.note({ what, room: room.key, message: message.key, at: new Date(message.at).toISOString(), detail }),
      });
      switch (outcome.outcome) {
        case 'made':
          counts.made++;
          counts.messages += outcome.messages - outcome.earlier;
          break;
        case 'there':
          counts.there++;
          break;
        case 'nobody':
          counts.nobody++;
          report.note({
            what: 'room of nobody who has an account here',
            room: room.key,
            detail: `${named}, ${spool.count(room.key)} messages`,
          });
          break;
      }
    }
    return summary(counts, people, report);
  } finally {
    reader.close();
  }
}

/** Imports a room; where an earlier run had begun it from another file, from its beginning. */
async function importRoomAnew(deps: CoreDeps, room: SourceRoom, spool: MessageSpool, options: ImportRoomOptions): Promise<RoomOutcome> {
  try {
    return await importSourceRoom(deps, { room, messages: spool.read(room.key) }, options);
  } catch (error) {
    if (!(error instanceof ChangedSourceError)) throw error;
    return importSourceRoom(deps, { room, messages: spool.read(room.key) }, options);
  }
}

async function peopleOf(
  deps: CoreDeps,
  reader: ExportReader,
  { matchEmail, from }: ImportOptions,
  owner: FoundPerson,
): Promise<SourcePeople> {
  const all = new Map(reader.people.map((person) => [person.key, person]));
  const here = new Map<string, FoundPerson>(reader.ownersKey === null ? [] : [[reader.ownersKey, owner]]);
  if (matchEmail !== 'no') {
    const emails = reader.people.flatMap(({ email, bot }) => (email && !bot ? [email] : []));
    const found = await findPeopleByEmail(deps, emails, { verifiedOnly: matchEmail === 'verified' });
    for (const { key, email, bot } of reader.people) {
      const person = bot || !email ? undefined : found.get(email.trim().toLowerCase());
      if (person) here.set(key, person);
    }
  }
  return { source: from === '' ? reader.source : `${reader.source}:${from}`, all, here };
}

function mentionName(person: SourcePerson | undefined, key: string): string {
  return person?.handle || person?.name || key;
}

/** A conversation without a name is called after who is in it. */
function nameOf({ name, members }: SourceRoom, { all }: SourcePeople): string {
  if (name !== '') return name;
  const names = members.slice(0, 5).map((key) => all.get(key)?.name ?? 'Somebody');
  return names.length === 0 ? 'Conversation' : names.join(', ');
}

function summary(
  counts: { made: number; messages: number; there: number; nobody: number },
  people: SourcePeople,
  report: ImportReport,
): string {
  const lines = [
    `Imported ${counts.made} rooms with ${counts.messages} messages.`,
    ...(counts.there > 0 ? [`${counts.there} rooms were here already, of an earlier run: nothing was added to them.`] : []),
    ...(counts.nobody > 0
      ? [`${counts.nobody} rooms were left out: none of those who may read them has an account here. Run this again when they have.`]
      : []),
    `${people.here.size} of ${people.all.size} people have an account here; the others’ messages carry the names that they had.`,
  ];
  const all = [...report.counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  lines.push(all.length === 0 ? 'Everything fitted.' : `What did not fit is in ${report.path}:`);
  for (const [what, count] of all) lines.push(`  ${what}: ${count}`);
  return lines.join('\n');
}
