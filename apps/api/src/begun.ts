/**
 * Takes the first item, so that whoever made the call is refused before an answer begins: after its first byte an HTTP answer has a
 * status for good. The items that it returns are all of them.
 */
export async function begun<T>(items: AsyncGenerator<T, void>): Promise<AsyncGenerator<T, void>> {
  return joined(await items.next(), items);
}

async function* joined<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  if (!first.done) yield first.value;
  yield* rest;
}
