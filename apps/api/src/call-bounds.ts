import type { JsonBounds } from '@parley/core/protocol/json-outline';

/**
 * What the JSON of a request may have, whatever its bytes. So many marks are parsed in some milliseconds, and a batch of far too many calls
 * stays below: each of its calls is refused by its own id, which a program waits for.
 */
export const callBounds: JsonBounds = { maxDepth: 32, maxMarks: 100_000 };
