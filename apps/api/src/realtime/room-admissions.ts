import type { Admission, RoomSource } from './room-source.js';

/** Whom an admission is read for. */
export interface Applicant {
  userId: string;
  sessionId: string;
}

/**
 * Who may come into a room, as its hub knows it: what the database says when it is asked, and who left since, by the events that
 * the hub has applied.
 */
export class RoomAdmissions {
  readonly #roomId: string;
  readonly #source: Pick<RoomSource, 'admitReader'>;
  /** Latest membership change of each user since the hub opened: newer than what an admission query may have seen. */
  readonly #changes = new Map<string, { rev: number; left: boolean }>();
  /** What was read to open the room, for the reader it was read for, who comes next. */
  #first: (Applicant & { admission: Admission }) | null = null;
  /** Where the hub last jumped to: who left before it is not known. */
  #jumpedTo = 0;

  constructor(roomId: string, source: Pick<RoomSource, 'admitReader'>) {
    this.#roomId = roomId;
    this.#source = source;
  }

  /** Reads what the room is opened with, and keeps it for `first`. */
  async readFirst(first: Applicant): Promise<Admission> {
    const admission = await this.#read(first);
    this.#first = { userId: first.userId, sessionId: first.sessionId, admission };
    return admission;
  }

  /** Once, and to the next who comes only, what {@link readFirst} read for them; otherwise reads. */
  async read(applicant: Applicant): Promise<Admission> {
    const first = this.#first;
    this.#first = null;
    // The membership it tells of was true at a head that the hub has been following since.
    if (first?.userId === applicant.userId && first.sessionId === applicant.sessionId) return first.admission;
    return this.#read(applicant);
  }

  /** Whether the hub has since jumped over changes, so that it cannot know who left: read again. */
  isTooOld({ head }: Admission): boolean {
    return this.#jumpedTo > head.rev;
  }

  /** Whether the hub has seen them leave after the admission was read. */
  hasLeftSince({ head }: Admission, userId: string): boolean {
    const change = this.#changes.get(userId);
    return change !== undefined && change.left && change.rev > head.rev;
  }

  noteMember(userId: string, rev: number, left: boolean): void {
    this.#changes.set(userId, { rev, left });
  }

  /** The hub is at `rev` now, without the changes between; or back, where those since are no more. */
  noteJump(rev: number): void {
    this.#changes.clear();
    this.#jumpedTo = rev;
  }

  #read({ userId, sessionId }: Applicant): Promise<Admission> {
    return this.#source.admitReader(this.#roomId, userId, sessionId);
  }
}
