import { unitsPerStep, type Steps } from '@parley/contracts';
import { askedTerms, searchedTerms } from './tokenize.js';

/** BM25's parameters, with the usual values from the source below: `k1` saturates a term's repeats, `b` weighs a text's length. */
const k1 = 1.2;
const b = 0.75;
/** Share of the question's weight that a text must cover to count as an answer. */
const minCoverage = 0.3;
/** A text is left out if its score is below this share of the best score. */
const minOfBest = 0.45;
/** How many UTF-16 units are read in all, and of each text at least: the search must not hold up the replies beside it. */
const maxUnits = 200_000;
const minUnitsPerText = 400;
/** How much of a question is read, in UTF-16 units: each term is looked up in each text. */
const maxQuestion = 1_000;

export interface Match {
  /** Index into the texts searched. */
  index: number;
  score: number;
}

/**
 * Finds the texts that answer a question best, best first, by Okapi BM25 (Robertson and Zaragoza: "The Probabilistic Relevance
 * Framework: BM25 and Beyond", 2009), with the idf that stays positive. A text counts only if it covers nearly a third of the question,
 * by weight: otherwise a question would match every text that shares a "the" with it. Function words are not searched for, unless the
 * question has no other words.
 */
export function* searchMessages(texts: readonly string[], question: string, limit: number): Steps<Match[]> {
  const wanted = askedTerms(question.slice(0, maxQuestion).replace(/(?<![\w@])@[\w.-]+/g, ' '));
  if (wanted.length === 0 || texts.length === 0) return [];
  const unitsPerText = Math.max(minUnitsPerText, Math.floor(maxUnits / texts.length));
  const documents: { counts: Map<string, number>; length: number }[] = [];
  for (const text of texts) {
    const counts = new Map<string, number>();
    let length = 0;
    for (let at = 0; at < Math.min(text.length, unitsPerText); at += unitsPerStep) {
      const all = searchedTerms(text.slice(at, Math.min(at + unitsPerStep, unitsPerText)));
      for (const term of all) counts.set(term, (counts.get(term) ?? 0) + 1);
      length += all.length;
      yield Math.min(unitsPerStep, text.length);
    }
    documents.push({ counts, length });
  }
  const averageLength = documents.reduce((sum, document) => sum + document.length, 0) / documents.length || 1;
  const weights = wanted.map((term) => {
    // A term that no text holds would outweigh all others in a small room, so it weighs as much as a term that one text holds.
    const holding = Math.max(
      1,
      documents.reduce((sum, document) => sum + (document.counts.has(term) ? 1 : 0), 0),
    );
    return Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5));
  });
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  const matches: Match[] = [];
  documents.forEach((document, index) => {
    let score = 0;
    let covered = 0;
    wanted.forEach((term, at) => {
      const times = document.counts.get(term);
      if (times === undefined) return;
      covered += weights[at]!;
      score += (weights[at]! * times * (k1 + 1)) / (times + k1 * (1 - b + (b * document.length) / averageLength));
    });
    if (covered / totalWeight >= minCoverage) matches.push({ index, score });
  });
  // Of equal scores the newer text goes first: texts come oldest first.
  matches.sort((left, right) => right.score - left.score || right.index - left.index);
  const best = matches[0]?.score ?? 0;
  const found = new Set<string>();
  return matches
    .filter(({ index, score }) => {
      const repeats = found.has(texts[index]!.trim());
      found.add(texts[index]!.trim());
      return !repeats && score >= best * minOfBest;
    })
    .slice(0, limit);
}
