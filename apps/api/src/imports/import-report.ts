import { open, type FileHandle } from 'node:fs/promises';
import { importError } from './import-error.js';

/** One thing that did not fit, or is elsewhere than one may look for it. */
export interface ReportLine {
  /** Few words that are the same for all of the kind: they are counted. */
  what: string;
  room?: string | undefined;
  message?: string | undefined;
  /** When, as the export has it. */
  at?: string | undefined;
  detail?: string | undefined;
}

/**
 * What did not fit: a file with a line of JSON for each thing, for its owner alone, and counts. A run writes it anew, also of what earlier
 * runs imported, because each reads the whole export.
 */
export class ImportReport implements AsyncDisposable {
  readonly path: string;
  readonly counts = new Map<string, number>();
  readonly #file: FileHandle;
  #waiting = '';
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  static async make(path: string): Promise<ImportReport> {
    try {
      return new ImportReport(path, await open(path, 'w', 0o600));
    } catch (error) {
      throw importError(`The report cannot be written to ${path}: name another file by --report.`, error);
    }
  }

  note(line: ReportLine): void {
    this.counts.set(line.what, (this.counts.get(line.what) ?? 0) + 1);
    this.#waiting += `${JSON.stringify(line)}\n`;
    if (this.#waiting.length >= 64 * 1024) void this.#flush();
  }

  /** Resolves when what was noted is in the file. */
  async written(): Promise<void> {
    void this.#flush();
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.written();
    } finally {
      await this.#file.close();
    }
  }

  #flush(): void {
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '') this.#writing = this.#writing.then(() => this.#file.write(text));
    // Whoever awaits `written` hears of it.
    this.#writing.catch(() => {});
  }
}
