import type { Admission } from '@parley/core/sync/admit-reader';
import type { RoomSource } from './room-source.js';

/** The person and session that an admission is read for. */
export interface Applicant {
  userId: string;
  sessionId: string;
}

/**
 * Knows who may come into a room: by the database, when it is asked, and by the events that the hub has applied since, which say who
 * left.
 */
export class RoomAdmissions {
  readonly #roomId: string;
  readonly #source: Pick<RoomSource, 'admitReader'>;
  readonly #maxLeavers: number;
  /** At which rev each person left who has not come back, the earliest first. An admission query may not have seen that yet. */
  readonly #leftAt = new Map<string, number>();
  /** The admission that was read to open the room. The applicant that it was read for comes next. */
  #first: (Applicant & { admission: Admission }) | null = null;
  /** The hub knows who left only after this rev: it jumped over the earlier changes, or forgot them. */
  #knownAfter = 0;

  /** @param maxLeavers how many people who left are remembered; that is enough for the seconds that an admission is on its way */
  constructor(roomId: string, source: Pick<RoomSource, 'admitReader'>, maxLeavers = 10_000) {
    this.#roomId = roomId;
    this.#source = source;
    this.#maxLeavers = maxLeavers;
  }

  /** Reads the admission that the room is opened with, and keeps it for `first`. */
  async readFirst(first: Applicant): Promise<Admission> {
    const admission = await this.#read(first);
    this.#first = { userId: first.userId, sessionId: first.sessionId, admission };
    return admission;
  }

  /** Reads an admission. The first call gets the one of {@link readFirst}, if that was read for the same applicant. */
  async read(applicant: Applicant): Promise<Admission> {
    const first = this.#first;
    this.#first = null;
    // This admission is not too old: the hub has followed the room since the head that it was read at.
    if (first?.userId === applicant.userId && first.sessionId === applicant.sessionId) return first.admission;
    return this.#read(applicant);
  }

  /** True if someone may have left after the admission was read without the hub knowing: read the admission again. */
  isTooOld({ head }: Admission): boolean {
    return this.#knownAfter > head.rev;
  }

  /** True if the hub has seen this person leave after the admission was read. */
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

  /** Notes that the hub jumped to `rev` without the changes between: forward, or back because later changes no longer exist. */
  noteJump(rev: number): void {
    this.#leftAt.clear();
    this.#knownAfter = rev;
  }

  #read({ userId, sessionId }: Applicant): Promise<Admission> {
    return this.#source.admitReader(this.#roomId, userId, sessionId);
  }
}
