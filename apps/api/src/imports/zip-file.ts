import type { Readable } from 'node:stream';
import * as yauzl from 'yauzl';
import { importError } from './import-error.js';

/** The most bytes that one file of a zip may become, and how many times its size in the zip, if it is more than a little. */
const maxEntryBytes = 8 * 1024 ** 3;
const maxRatio = 250;
const littleBytes = 16 * 1024 * 1024;
/** The most files that are listed. */
const maxEntries = 2_000_000;

export interface ZipEntry {
  name: string;
  bytes: number;
}

/** A zip, whose files are read one at a time and in any order. Nothing of it is written to the disk. */
export class ZipFile {
  readonly #zip: yauzl.ZipFile;
  readonly #entries: Map<string, yauzl.Entry>;

  private constructor(zip: yauzl.ZipFile, entries: Map<string, yauzl.Entry>) {
    this.#zip = zip;
    this.#entries = entries;
  }

  /** @throws AppError if the file is no zip, is damaged, or has a file whose name leads out of it */
  static async open(path: string): Promise<ZipFile> {
    try {
      const zip = await yauzl.openPromise(path, { autoClose: false });
      const entries = new Map<string, yauzl.Entry>();
      for await (const entry of zip.eachEntry()) {
        if (entries.size >= maxEntries) throw new Error(`it has more than ${maxEntries} files`);
        entries.set(entry.fileName, entry);
      }
      return new ZipFile(zip, entries);
    } catch (error) {
      throw importError(
        `${path} cannot be read as a zip: ${error instanceof Error ? error.message : String(error)}. Nothing was imported: fetch the export again.`,
        error,
      );
    }
  }

  list(): ZipEntry[] {
    return [...this.#entries.values()].map(({ fileName, uncompressedSize }) => ({ name: fileName, bytes: uncompressedSize }));
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * The bytes of a file of the zip. Whatever it says of its size, no more comes.
   *
   * @throws RefusedEntry if it is packed as only a bomb is, or too large
   */
  async read(name: string): Promise<Readable> {
    const entry = this.#entries.get(name);
    if (!entry) throw new RefusedEntry('is not in the zip');
    const { compressedSize, uncompressedSize } = entry;
    if (uncompressedSize > maxEntryBytes) throw new RefusedEntry(`is larger than ${maxEntryBytes / 1024 ** 3} GB`);
    if (uncompressedSize > littleBytes && uncompressedSize > maxRatio * compressedSize)
      throw new RefusedEntry(`becomes ${maxRatio} times as large as it is packed, as no export does`);
    return this.#zip.openReadStreamPromise(entry);
  }

  close(): void {
    this.#zip.close();
  }
}

/** A file of a zip that is not read. The message goes on after the file's name. */
export class RefusedEntry extends Error {
  override readonly name = 'RefusedEntry';
}
