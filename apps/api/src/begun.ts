/**
 * Reads the first item before an answer begins, so that a refusal still gets its own HTTP status: after the first byte, the status cannot
 * change. Returns all items, the first included.
 */
export async function begun<T>(items: AsyncGenerator<T, void>): Promise<AsyncGenerator<T, void>> {
  return joined(await items.next(), items);
}

async function* joined<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  if (!first.done) yield first.value;
  yield* rest;
}
