import { AppError } from '@parley/contracts';
import type { SourceMessage, SourcePerson, SourceRoom } from '@parley/core/imports/source-rooms';
import type { ReportLine } from './import-report.js';

/** How the text of a message names people. */
export interface TextNames {
  /** What mentions the person of this key, with its `@`. */
  mention(key: string): string;
  /** The person's name, for lines about them. */
  name(key: string): string;
}

export interface MessageSink {
  /** @param order what the room's messages are ordered by, in any unit that is the same for all of the room */
  add(room: string, order: number, message: SourceMessage): Promise<void>;
  note(line: ReportLine): void;
  /** Told now and then how far the reading is. @param what is read, of which so many things were */
  at(what: string, done: number): void;
  signal?: AbortSignal | undefined;
}

/** An export of another chat server. */
export interface ExportReader {
  /** Names the server that it is of, so that a second run, and a later export, find what is here. */
  readonly source: string;
  readonly people: readonly SourcePerson[];
  /** The key of who must be the one that the operator names as owner; null if nobody must. */
  readonly ownersKey: string | null;
  /** What the reading of people and rooms had to say. */
  readonly notes: readonly ReportLine[];
  /** Reads all messages, in any order. Rooms may be known only after it. */
  readMessages(names: TextNames, sink: MessageSink): Promise<readonly SourceRoom[]>;
  close(): void;
}

/** The largest message, person or room of an export, in bytes. */
export const maxElementBytes = 8 * 1024 * 1024;

/** The line in a text that stands for a file, which is not here. */
export function fileLine(name: string, { link, bytes }: { link?: string | undefined; bytes?: number | undefined }): string {
  const shown = name.replaceAll(/[\\`*_[\]<>\n\r]/g, ' ').trim() || 'file';
  const size = bytes === undefined ? '' : `, ${bytes < 1024 ? `${bytes} bytes` : `${Math.ceil(bytes / 1024)} kB`}`;
  return `> 📎 ${link === undefined ? shown : `[${shown}](<${link.replaceAll(/[<>\s]/g, '')}>)`}${size} (file, not imported)`;
}

export function isWebAddress(address: string | undefined): address is string {
  return address !== undefined && /^https?:\/\//i.test(address);
}

/** An address without what lets its bearer in: exports put such keys behind a `?`. */
export function withoutKeys(address: string): string {
  return address.split(/[?#]/, 1)[0]!;
}

/** Whether the bytes of a file are not what it says of them: errors of yauzl and of zlib. */
export function isDamage(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name !== 'AbortError' &&
    !AppError.is(error) &&
    (!('code' in error) || String(error.code).startsWith('Z_'))
  );
}
