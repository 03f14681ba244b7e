import type { Admission } from '@parley/core';
import type { RoomSource } from './room-source.js';

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
  readonly #maxLeavers: number;
  /** At which rev those left who have not come back, the earliest first: newer than what an admission query may have seen. */
  readonly #leftAt = new Map<string, number>();
  /** What was read to open the room, for the reader it was read for, who comes next. */
  #first: (Applicant & { admission: Admission }) | null = null;
  /** Who left up to here is not known: the hub jumped over it, or it is too long ago. */
  #knownAfter = 0;

  /** @param maxLeavers how many of those who left are remembered: an admission is on its way for seconds at most */
  constructor(roomId: string, source: Pick<RoomSource, 'admitReader'>, maxLeavers = 10_000) {
    this.#roomId = roomId;
    this.#source = source;
    this.#maxLeavers = maxLeavers;
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

  /** Whether someone may have left after the admission was read of whom the hub does not know it: read again. */
  isTooOld({ head }: Admission): boolean {
    return this.#knownAfter > head.rev;
  }

  /** Whether the hub has seen them leave after the admission was read. */
  hasLeftSince({ head }: Admission, userId: string): boolean {
    return (this.#leftAt.get(userId) ?? 0) > head.rev;
  }

  noteMember(userId: string, rev: number, left: boolean): void {
    this.#leftAt.delete(userId);
    if (!left) return;
    this.#leftAt.set(userId, rev);
    if (this.#leftAt.size <= this.#maxLeavers) return;
    const [first] = this.#leftAt;
    if (!first) return;
    this.#leftAt.delete(first[0]);
    this.#knownAfter = first[1];
  }

  /** The hub is at `rev` now, without the changes between; or back, where those since are no more. */
  noteJump(rev: number): void {
    this.#leftAt.clear();
    this.#knownAfter = rev;
  }

  #read({ userId, sessionId }: Applicant): Promise<Admission> {
    return this.#source.admitReader(this.#roomId, userId, sessionId);
  }
}
