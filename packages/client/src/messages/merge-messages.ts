import type { MessageView } from '@parley/contracts';

/**
 * Merges two runs of messages, each ascending by `seq`. Of two versions of a message, the one with the higher `rev` stays. Returns `known`
 * itself if nothing in `incoming` is new.
 */
export function mergeMessages(known: MessageView[], incoming: readonly MessageView[]): MessageView[] {
  const fresh = incoming.filter((message) => {
    const index = indexOfSeq(known, message.seq);
    return known[index]?.seq !== message.seq || known[index].rev < message.rev;
  });
  if (fresh.length === 0) return known;
  // The two usual cases, messages added at the end and one changed message, are handled without comparing the rest.
  const first = fresh[0]!;
  if (first.seq > (known.at(-1)?.seq ?? -1)) return [...known, ...fresh];
  const index = indexOfSeq(known, first.seq);
  if (fresh.length === 1 && known[index]!.seq === first.seq) return known.with(index, first);
  const merged: MessageView[] = [];
  let next = 0;
  for (const message of known) {
    while (next < fresh.length && fresh[next]!.seq < message.seq) merged.push(fresh[next++]!);
    if (next < fresh.length && fresh[next]!.seq === message.seq) merged.push(fresh[next++]!);
    else merged.push(message);
  }
  while (next < fresh.length) merged.push(fresh[next++]!);
  return merged;
}

/** The index of the first message whose seq is at least `seq`; the length if there is none. */
function indexOfSeq(messages: readonly MessageView[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
