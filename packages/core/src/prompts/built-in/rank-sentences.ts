import type { Steps } from '@parley/contracts';

/** One sentence to be ranked: its index terms, repeats kept. */
export interface RankedInput {
  terms: readonly string[];
}

/** Probability of following a similarity rather than starting anew (Brin and Page 1998, and TextRank after them). */
const damping = 0.85;
/** Weight of relevance against novelty in the selection. */
const relevanceWeight = 0.7;
/** The walk has settled when the whole vector changes by less than this. */
const tolerance = 1e-6;
const maxIterations = 60;
/** The walk starts at a sentence with full weight if the sentence has this many different terms. */
const fullTerms = 8;

/**
 * Picks the sentences that say most of what was said, most central first.
 *
 * Centrality is continuous LexRank (Erkan and Radev: "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization", JAIR
 * 22, 2004): a random walk over the cosine similarities of TF-IDF vectors. The walk starts anew more often at sentences with more terms
 * (the biased form: Otterbacher, Erkan and Radev 2005), because a chat is full of short sentences that resemble each other. Maximal
 * marginal relevance keeps repetition out (Carbonell and Goldstein: "The Use of MMR", SIGIR 1998).
 *
 * @returns indices into `sentences`, at most `count`
 */
export function* rankSentences(sentences: readonly RankedInput[], count: number): Steps<number[]> {
  const vectors = tfIdfVectors(sentences);
  const neighbours = yield* similarities(vectors);
  return selectDiverse(yield* centrality(sentences, neighbours), neighbours, count);
}

type Vector = Map<string, number>;

/** Makes TF-IDF vectors of unit length. The smoothed idf is never zero, so that even two sentences can be compared. */
function tfIdfVectors(sentences: readonly RankedInput[]): Vector[] {
  const frequency = new Map<string, number>();
  for (const { terms } of sentences) for (const term of new Set(terms)) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  return sentences.map(({ terms }) => {
    const vector: Vector = new Map();
    for (const term of terms) vector.set(term, (vector.get(term) ?? 0) + 1);
    let squares = 0;
    for (const [term, times] of vector) {
      const weight = times * Math.log(1 + sentences.length / frequency.get(term)!);
      vector.set(term, weight);
      squares += weight * weight;
    }
    const norm = Math.sqrt(squares) || 1;
    for (const [term, weight] of vector) vector.set(term, weight / norm);
    return vector;
  });
}

/**
 * For each sentence, the cosine similarity to every sentence that shares a term with it. Pairs are found through their terms, so pairs
 * without a common term cost nothing.
 */
function* similarities(vectors: readonly Vector[]): Steps<Map<number, number>[]> {
  const holders = new Map<string, { index: number; weight: number }[]>();
  const neighbours: Map<number, number>[] = vectors.map(() => new Map());
  for (const [index, vector] of vectors.entries()) {
    const own = neighbours[index]!;
    let pairs = 0;
    for (const [term, weight] of vector) {
      const earlier = holders.get(term);
      if (!earlier) {
        holders.set(term, [{ index, weight }]);
        continue;
      }
      for (const other of earlier) own.set(other.index, (own.get(other.index) ?? 0) + weight * other.weight);
      pairs += earlier.length;
      earlier.push({ index, weight });
    }
    yield Math.ceil(pairs / pairsPerUnit);
  }
  neighbours.forEach((own, index) => {
    for (const [other, similarity] of own) if (other < index) neighbours[other]!.set(index, similarity);
  });
  return neighbours;
}

/** How many pairs of sentences are compared in the time in which one UTF-16 unit is read. */
const pairsPerUnit = 10;

/** Stationary probability of each sentence in the walk, by power iteration. */
function* centrality(sentences: readonly RankedInput[], neighbours: readonly Map<number, number>[]): Steps<number[]> {
  const weights = sentences.map(({ terms }) => Math.min(1, new Set(terms).size / fullTerms));
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const start = weights.map((weight) => weight / total);
  const outgoing = neighbours.map((own) => [...own.values()].reduce((sum, similarity) => sum + similarity, 0));
  let ranks = start;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    // The rank of sentences without neighbours goes back to the start, so that the sum stays one.
    const idle = ranks.reduce((sum, rank, index) => sum + (outgoing[index] === 0 ? rank : 0), 0);
    const next = start.map((share) => (1 - damping + damping * idle) * share);
    neighbours.forEach((own, index) => {
      for (const [other, similarity] of own) next[other]! += (damping * ranks[index]! * similarity) / outgoing[index]!;
    });
    const change = next.reduce((sum, rank, index) => sum + Math.abs(rank - ranks[index]!), 0);
    ranks = next;
    yield Math.ceil(neighbours.reduce((sum, own) => sum + own.size, 0) / pairsPerUnit);
    if (change < tolerance) break;
  }
  return ranks;
}

function selectDiverse(ranks: readonly number[], neighbours: readonly Map<number, number>[], count: number): number[] {
  const highest = Math.max(...ranks, Number.MIN_VALUE);
  const left = new Set(ranks.keys());
  /** For each sentence, the similarity to the most similar sentence already taken. */
  const repeated = ranks.map(() => 0);
  const taken: number[] = [];
  while (taken.length < count && left.size > 0) {
    let best = -1;
    let bestScore = -Infinity;
    for (const index of left) {
      const score = (relevanceWeight * ranks[index]!) / highest - (1 - relevanceWeight) * repeated[index]!;
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    }
    left.delete(best);
    // Skip this sentence: one already taken says nearly the same.
    if (repeated[best]! > 0.9) continue;
    taken.push(best);
    for (const [other, similarity] of neighbours[best]!) repeated[other] = Math.max(repeated[other]!, similarity);
  }
  return taken;
}
