/**
 * Functions that say what a database error means, whichever layer it comes from: node-postgres, PGlite, a driver adapter or Prisma.
 *
 * Prisma hides the driver's error in `meta.driverAdapterError.cause`, and the adapters keep different parts of it. So these functions
 * look through the whole chain of causes for SQLSTATE codes, system codes and the few errors that have only a message.
 */

/** SQLSTATEs of a server that is shutting down, starting or full, or that gave up on a statement. */
const unavailableStates = new Set(['57P01', '57P02', '57P03', '57P05', '57014', '53300', '25P03']);
const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  // Prisma: not reachable, timed out, operation timed out, connection closed, no connection from the pool in time, too many connections.
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2037',
]);
const unavailableKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
/** Errors of pg, pg-pool and PGlite that have no code. */
const unavailableMessages = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect/,
  /^timeout expired/,
  /^Query read timeout/,
  /^Client (has encountered a connection error|was closed) and is not queryable/,
  /^Cannot use a pool after calling end on the pool/,
  /^PGlite is clos/,
];

/**
 * True if the connection was refused, lost or timed out, or the server is shutting down, starting or full. A write may or may not have
 * happened. Also true if the database takes no writes: {@link refusesWrites}.
 */
export function isUnavailable(error: unknown): boolean {
  if (refusesWrites(error)) return true;
  return chain(error).some(
    (link) =>
      states(link).some((state) => unavailableStates.has(state) || state.startsWith('08')) ||
      (typeof link['code'] === 'string' && unavailableCodes.has(link['code'])) ||
      (typeof link['kind'] === 'string' && unavailableKinds.has(link['kind'])) ||
      (typeof link['message'] === 'string' && unavailableMessages.some((pattern) => pattern.test(link['message'] as string))),
  );
}

/**
 * SQLSTATEs of a database that reads and does not write: it is read-only (a standby, or one whose disk is nearly full), its disk is full,
 * or fails.
 */
const readOnlyStates = new Set(['25006', '53100', '58030']);
/** PostgreSQL has no SQLSTATE for a quota, or a limit on the size of files. */
const fullDiskMessage = /could not (?:extend|write to) file "[^"]{0,1024}": (?:Disk quota exceeded|Quota exceeded|File too large)/;

/** True if the database refused a write that it will take once somebody has made room, or it is the primary again. Nothing was written. */
export function refusesWrites(error: unknown): boolean {
  return chain(error).some(
    (link) =>
      states(link).some((state) => readOnlyStates.has(state)) ||
      (typeof link['message'] === 'string' && fullDiskMessage.test(link['message'])),
  );
}

/** True for a serialisation failure or a deadlock: nothing was written, and the same statement may be tried again. */
export function isRetryable(error: unknown): boolean {
  return chain(error).some((link) => link['code'] === 'P2034' || states(link).some((state) => state === '40001' || state === '40P01'));
}

/**
 * True if a unique constraint or index refused the row.
 *
 * @param constraintName only this constraint counts, e.g. `messages_room_id_author_id_client_id_key`
 */
export function isUniqueViolation(error: unknown, constraintName?: string): boolean {
  const violations = chain(error).filter((link) => link['code'] === 'P2002' || states(link).includes('23505'));
  if (violations.length === 0) return false;
  return constraintName === undefined || chain(error).some((link) => namesConstraint(link, constraintName));
}

type Link = Record<string, unknown>;

/**
 * The SQLSTATEs of an error, which are five characters. Prisma's codes may be five too (`P2010`), but no SQLSTATE of PostgreSQL begins
 * with `P1`, `P2` or `P3`.
 */
function states(link: Link): string[] {
  return [link['code'], link['originalCode']].filter(
    (code): code is string => typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^P[123]/.test(code),
  );
}

/**
 * True if the error names the constraint. pg has the name as a field; PGlite's adapter keeps only the message, which quotes the name in
 * every language.
 */
function namesConstraint(link: Link, name: string): boolean {
  const constraint = link['constraint'];
  if (constraint === name || (isLink(constraint) && constraint['index'] === name)) return true;
  return [link['originalMessage'], link['message']].some((message) => typeof message === 'string' && message.includes(`"${name}"`));
}

/** The error and everything it wraps, outermost first. Bounded, as causes may form a ring. */
function chain(error: unknown): Link[] {
  const links: Link[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && links.length < 20) {
    const next = waiting.shift();
    if (!isLink(next) || links.includes(next)) continue;
    links.push(next);
    const meta = next['meta'];
    waiting.push(next['cause'], isLink(meta) ? meta['driverAdapterError'] : undefined);
    if (Array.isArray(next['errors'])) waiting.push(...next['errors']);
  }
  return links;
}

function isLink(value: unknown): value is Link {
  return typeof value === 'object' && value !== null;
}
