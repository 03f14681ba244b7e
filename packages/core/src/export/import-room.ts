import { setImmediate } from 'node:timers/promises';
import {
  AppError,
  cutText,
  importedRoomHeaderSchema,
  maxRoomFileBytes,
  maxRoomFileHeaderBytes,
  maxRoomFileLineBytes,
  maxRoomNameLength,
  roomFileFormat,
  roomFileLineSchema,
  roomFileVersion,
  type ImportedRoom,
  type ImportedRoomHeader,
  type RoomFileNote,
} from '@parley/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { MessageImporter, type ImportedRow } from './imported-message.js';
import { stageNotes } from '../notes/imported-notes.js';
import { checkJsonBounds, jsonOutline } from '../protocol/json-outline.js';
import { readLines, type Line } from './read-lines.js';
import { findLeftRooms, openStagedRoom, stageMessages, stageRoom, unstageRoom } from './staged-room.js';

/** Rows written by one statement, and the lines that they were made from, in UTF-16 units. */
const batchRows = 200;
const batchUnits = 1_000_000;

/** After lines of so many UTF-16 units, other work has its turn: ten milliseconds or so of short lines, whose reading costs the most. */
const unitsPerTurn = 64 * 1024;

/** A message's line needs less: its emoji, who reacted, who was mentioned. Reading the largest takes some twenty milliseconds. */
const lineBounds = { maxDepth: 16, maxMarks: 20_000 };

/** The fields of the header that an import reads. */
const headerFields = ['type', 'format', 'version', 'room', 'notes'];

/**
 * Makes a private room from a file in the format of `contracts/room-file.ts`. The importer owns it, and the assistant is in it from the
 * beginning. All or nothing: the room has no member, so that nobody sees it, until the last line was read and found right; after an
 * error it is deleted. If the process dies meanwhile, a later import, by anyone, deletes the room. {@link MessageImporter} says how much
 * of a file is believed.
 *
 * @param bytes UTF-8; read a line at a time, no faster than the rows are written
 * @throws AppError VALIDATION with the number of the line at fault; PAYLOAD_TOO_LARGE; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function importRoom(deps: CoreDeps, actor: Actor, bytes: AsyncIterable<Uint8Array>): Promise<ImportedRoom> {
  for (const left of await findLeftRooms(deps)) await unstageRoom(deps, left);
  const roomId = uuidv7();
  try {
    const { messages, notes } = await stage(deps, actor, roomId, bytes);
    return { room: await openStagedRoom(deps, actor, roomId, { messages, notes }), messages };
  } catch (error) {
    await unstageRoom(deps, roomId);
    throw error;
  }
}

/** @returns how many messages, and the numbers of the notes */
async function stage(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  roomId: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ messages: number; notes: number[] }> {
  const importer = new MessageImporter(actor.userId, Date.now());
  let batch: ImportedRow[] = [];
  let units = 0;
  let sinceTurn = 0;
  let lastSeq = 0;
  let notes: readonly RoomFileNote[] = [];
  let last: 'nothing' | 'header' | 'message' | 'end' = 'nothing';
  const limits = { maxBytes: maxRoomFileBytes, maxFirstLineBytes: maxRoomFileHeaderBytes, maxLineBytes: maxRoomFileLineBytes };
  for await (const line of readLines(bytes, limits)) {
    sinceTurn += line.text.length;
    if (sinceTurn >= unitsPerTurn) {
      sinceTurn = 0;
      await setImmediate();
    }
    if (last === 'nothing') {
      const header = await readHeader(line);
      const { name, topic } = header.room;
      ({ notes } = header);
      await stageRoom(deps, actor, { id: roomId, name: cutText(name, maxRoomNameLength) || 'Imported room', topic });
      last = 'header';
      continue;
    }
    if (last === 'end') throw wrong(line, 'the file goes on after its end');
    const parsed = parse(line, roomFileLineSchema);
    if (parsed.type === 'end') {
      if (parsed.messages !== importer.count) {
        throw wrong(line, `the file was to have ${parsed.messages} messages and has ${importer.count}`);
      }
      last = 'end';
      continue;
    }
    const { message } = parsed;
    if (message.seq <= lastSeq) throw wrong(line, 'message.seq: messages must ascend by seq');
    lastSeq = message.seq;
    const row = importer.row(message);
    batch.push(row);
    units += line.text.length;
    last = 'message';
    if (batch.length >= batchRows || units >= batchUnits) {
      await stageMessages(deps, roomId, batch);
      batch = [];
      units = 0;
    }
  }
  if (last === 'nothing') throw new AppError('VALIDATION', 'The file is empty.', { field: 'line 1' });
  if (last !== 'end') throw new AppError('VALIDATION', 'The file was cut off: its last line must say that it ends.', { field: 'end' });
  if (batch.length > 0) await stageMessages(deps, roomId, batch);
  await stageNotes(
    deps,
    roomId,
    notes.map((note) => importer.note(note, importer.count)),
  );
  return { messages: importer.count, notes: notes.map(({ number }) => number) };
}

/**
 * Reads what an import needs of the header, which may be long: who is in the room is neither parsed nor checked.
 */
async function readHeader(line: Line): Promise<ImportedRoomHeader> {
  const value = await readFields(line, headerFields);
  const { format, version } = value;
  if (format !== roomFileFormat) throw wrong(line, 'this is not the file of an exported room');
  if (typeof version === 'number' && version > roomFileVersion) throw wrong(line, 'the file is of a newer version than this server reads');
  return check(line, value, importedRoomHeaderSchema);
}

async function readFields(line: Line, names: readonly string[]): Promise<Record<string, unknown>> {
  const steps = jsonOutline(line.text, { maxDepth: lineBounds.maxDepth });
  let step = within(line, () => steps.next());
  while (!step.done) {
    await setImmediate();
    step = within(line, () => steps.next());
  }
  const outline = step.value;
  const fields: Record<string, unknown> = {};
  for (const name of names) {
    const field = outline.get(name);
    if (field) fields[name] = parseJson({ ...line, text: line.text.slice(field.start, field.end) });
  }
  return fields;
}

function parse<T>(line: Line, schema: Schema<T>): T {
  return check(line, parseJson(line), schema);
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: readonly { path: PropertyKey[]; message: string }[] } };
}

function check<T>(line: Line, value: unknown, schema: Schema<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw wrong(line, [issue?.path.join('.'), issue?.message].filter((part) => part).join(': '));
}

/** Parses a line, and refuses escapes for characters that PostgreSQL cannot store or UTF-8 cannot express. */
function parseJson(line: Line): unknown {
  within(line, () => checkJsonBounds(line.text, lineBounds));
  try {
    // Only an escape can bring what decoding UTF-8 has not refused: most lines have none, and asking at each value takes its time.
    if (!line.text.includes('\\u')) return JSON.parse(line.text);
    return JSON.parse(line.text, (key, value: unknown) => {
      if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
        throw wrong(line, `${key}: must be well-formed Unicode without U+0000`);
      }
      return value;
    });
  } catch (error) {
    throw AppError.is(error) ? error : wrong(line, 'is not JSON', error);
  }
}

/** Runs what may refuse the line's JSON, and says which line it was. */
function within<T>(line: Line, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw AppError.is(error) ? wrong(line, error.message.replace(/\.$/, ''), error) : error;
  }
}

function wrong({ number }: Line, what: string, cause?: unknown): AppError {
  return new AppError('VALIDATION', `Line ${number}: ${what}.`, { field: `line ${number}`, cause });
}
