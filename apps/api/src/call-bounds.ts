import type { JsonBounds } from '@parley/core/protocol/json-outline';

/** What the JSON of a request may have, whatever its bytes: a batch of twenty calls, each with a few fields, needs less than a tenth. */
export const callBounds: JsonBounds = { maxDepth: 32, maxMarks: 10_000 };
