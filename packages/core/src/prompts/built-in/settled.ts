import { cutText, type Steps } from '@parley/contracts';
import type { PromptMessage } from '../prompt-context.js';
import { isFunctionWord } from './function-words.js';
import { foldedWords } from './tokenize.js';

/** A sentence of a message. */
interface SaidSentence {
  message: PromptMessage;
  text: string;
}

/** How much of a sentence says what kind it is, in UTF-16 units. */
const maxKind = 400;
/** Who agrees says so in as many words at most. */
const acceptingWords = 12;
/** From this score on a sentence counts as one that settles something. */
const settles = 3.5;

/** Words are folded: small letters, no accents. */
const lists = {
  /** Words with which people say that something is decided. */
  decided:
    'decided decision agreed settled approved deal final confirmed resolved rule ' +
    'beschlossen entschieden abgemacht ausgemacht vereinbart festgelegt verbleiben geeinigt ' +
    'decide decidee decides adjuge convenu entendu retenu valide vote ' +
    'decidido decidida acordado quedamos aprobado aprobada resuelto trato decidimos ' +
    'deciso concordato approvato combinado decidido aprovado besloten afgesproken akkoord решено решили договорились утверждено',
  /** Verbs with which people say what they go on with. */
  chosen:
    'go going take book pick choose move launch drop keep use buy ' +
    'machen nehmen bleiben halten fest kaufen bestellen buchen einigen ' +
    'fait prend garde choisit part va passe passent achete coupe reste ' +
    'hacemos vamos compramos elegimos hecho cerrado queda facciamo prendiamo andiamo ficamos fazemos doen nemen берем делаем',
  /** Words with which people draw the line under a talk. They stand at the beginning. */
  opening:
    'so ok okay then alright great good right fine agreed done also dann gut na einverstanden schon donc alors bon bien parfait tres voila ' +
    "d'accord entonces pues venga bueno vale listo perfecto allora quindi bene dunque entao pronto bom dus goed итак значит ладно хорошо тогда",
  /** Who speaks for all, or says what they themselves will do. */
  together:
    "we we'll we’ll let's let’s us our everyone each every wir uns alle jeder on nous tous chacun nosotros todos cada noi tutti wij allemaal мы все " +
    "i i'll i’ll ich je j'ai yo io eu ik я",
  /** What is done by when. */
  when:
    'today tonight tomorrow monday tuesday wednesday thursday friday saturday sunday week month noon morning afternoon evening ' +
    'heute morgen abend montag dienstag mittwoch donnerstag freitag samstag sonntag woche wochenende monat ' +
    'aujourdhui demain soir midi lundi mardi mercredi jeudi vendredi samedi dimanche semaine mois ' +
    'hoy manana tarde noche lunes martes miercoles jueves viernes sabado domingo semana mes ' +
    'january february april june july august september october november december januar februar april juni juli august oktober dezember ' +
    'janvier fevrier avril juin juillet aout septembre octobre novembre decembre enero febrero abril junio julio agosto septiembre octubre noviembre diciembre',
  /** Words that leave it open. */
  open:
    'could would should might maybe perhaps if unless ' +
    'konnten konnte sollten sollte wurde wurden vielleicht wenn ' +
    'pourrait pourrions faudrait devrait devrions peut-etre si ' +
    'podriamos podria podemos deberiamos quizas talvez potremmo forse poderiamos можно может если',
};
type Kind = keyof typeof lists;

const kindsOf = new Map<string, Set<Kind>>();
for (const [kind, words] of Object.entries(lists) as [Kind, string][]) {
  for (const word of words.split(' ')) kindsOf.set(word, (kindsOf.get(word) ?? new Set<Kind>()).add(kind));
}

/** The same for scripts that put no spaces between words. */
const unspaced: Record<Kind, RegExp> = {
  decided: /決ま[りっ]|決定|決めま|ことにし|ことにな|决定|定了|說好|说好|就这么|결정|하기로|정했/u,
  chosen: /にします|にしましょう|で行き|でいき|で進め|します。|选|用|하자|합시다/u,
  opening: /^(?:では|じゃあ|それでは|よし|了解|那么|那就|好的|그럼|좋아)/u,
  together: /しましょう|ましょう|みんな|全員|私が|しておきます|してきます|我们|大家|우리|할게/u,
  when: /[月火水木金土日]曜|[0-9０-９一二三四五六七八九十][日月時週]|来週|今週|月末|明日|今日|明天|下周|周[一二三四五六日]|요일|내일/u,
  open: /かも|たら|どう|とか|ほうが|のに|可以|要是|如果|면/u,
};

const asks = /(?:[?？؟]|[ますでんだのい]か。?|[吗嗎呢]。?)["”’)\s]*$/u;
const unspacedScript = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}]/u;

function has(words: readonly string[], text: string, kind: Kind): boolean {
  return words.some((word) => kindsOf.get(word)?.has(kind)) || (unspacedScript.test(text) && unspaced[kind].test(text));
}

/** True of a sentence that asks, which Japanese and Chinese say by its last word. */
export function isQuestion(sentence: string): boolean {
  return asks.test(sentence.slice(-maxKind));
}

/** How much a sentence by itself sounds like the end of a talk. */
function soundsSettled(text: string, words: readonly string[]): number {
  let score = 0;
  const first = words.slice(0, 2);
  if (has(words, text, 'decided')) score += has(first, '', 'decided') ? 4 : 3;
  else if (has(words, text, 'chosen')) score += 1.5;
  if (has(first, '', 'opening') || unspaced.opening.test(text)) score += 1;
  // Verbs in "-mos" say who: Spanish and Portuguese leave the pronoun out.
  if (has(words, text, 'together') || words.some((word) => word.length > 4 && word.endsWith('mos'))) score += 1;
  if (has(words, text, 'when') || /\d/.test(text)) score += 1;
  if (has(words, text, 'open')) score -= 1.5;
  // "ok", "agreed": says that something is settled, and not what.
  if (words.filter((word) => !isFunctionWord(word)).length < 3 && !unspacedScript.test(text)) score -= 1.5;
  return score;
}

/**
 * The sentences that seem to say what was decided, or who does what by when, the likeliest first: those that sound like the end of a talk,
 * better if nobody goes on to discuss them, and if they come late. They are known by words of some languages; where it knows none it finds
 * little.
 *
 * @param sentences in order of time
 * @returns indices into `sentences`
 */
export function* settledSentences(sentences: readonly SaidSentence[]): Steps<number[]> {
  const read: { words: string[]; text: string; isQuestion: boolean }[] = [];
  for (const { text: whole } of sentences) {
    const text = cutText(whole, maxKind);
    read.push({ words: foldedWords(text), text, isQuestion: isQuestion(whole) });
    yield text.length;
  }
  const last = Math.max(1, sentences.length - 1);
  const scored: { index: number; score: number }[] = [];
  for (const [index, { words, text, isQuestion }] of read.entries()) {
    const own = isQuestion ? 0 : soundsSettled(text, words);
    yield Math.ceil(text.length / 4);
    if (own < 2) continue;
    const next = read[index + 1];
    const accepted = !next || (!next.isQuestion && next.words.length <= acceptingWords);
    const score = own + (accepted ? 0.5 : 0) + (1.5 * index) / last;
    if (score >= settles) scored.push({ index, score });
  }
  return scored.toSorted((left, right) => right.score - left.score || left.index - right.index).map(({ index }) => index);
}
