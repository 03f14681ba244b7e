/**
 * Words by which a person would take someone for the server itself. Compared by their look, so `Adm1n` is among them; also beside each
 * other and beside {@link fillers}. The names of roles are not: a page shows a role beside the name.
 */
const wordsForTheServer: readonly string[] = [
  ...['admin', 'admins', 'administrator', 'administrators', 'help-desk', 'official', 'parley', 'root', 'security', 'staff'],
  ...['superuser', 'support', 'sysadmin', 'sysadmins', 'system', 'systems'],
];

/** Words that mean whoever is there. Beside others they are words like any: `Here for you`. */
const wordsForEveryone: readonly string[] = ['anyone', 'channel', 'everybody', 'everyone', 'here'];

/**
 * Words that leave a name that means the server what it is: `Parley Support Team`. None is a part of ordinary names, which are compared
 * without their spaces. Short words are below: `an` would make `Staffan` one of these names.
 */
const fillers: readonly string[] = [
  ...['account', 'accounts', 'alert', 'alerts', 'all', 'and', 'app', 'auto', 'bot', 'center', 'centre', 'chat', 'chief', 'client'],
  ...['contact', 'crew', 'customer', 'department', 'desk', 'general', 'global', 'group', 'head', 'help', 'host', 'hotline', 'info'],
  ...['main', 'manager', 'member', 'members', 'message', 'messages', 'mod', 'moderator', 'moderators', 'mods', 'notice', 'notices'],
  ...['online', 'operations', 'operator', 'our', 'owner', 'real', 'room', 'rooms', 'senior', 'server', 'servers', 'service', 'services'],
  ...['site', 'super', 'team', 'tech', 'technical', 'the', 'user', 'users', 'verified', 'web', 'website', 'your'],
];

/** Words that say nothing where they stand alone: `I am the Admin`. */
const smallWords: ReadonlySet<string> = new Set([
  ...['a', 'am', 'an', 'at', 'by', 'dr', 'for', 'from', 'hq', 'i', 'in', 'is', 'it', 'me', 'mr', 'mrs', 'ms'],
  ...['my', 'no', 'of', 'on', 'sir', 'this', 'tm', 'to', 'we'],
]);

/** Whatever is no letter, mark or digit. The clicks of African languages are letters that look like signs. */
const between = /[^\p{L}\p{M}\p{N}]|[\u01c0-\u01c3]/u;
const digits = /\p{N}/gu;

/** Words that say what somebody may do here wherever they stand in a name: `norman7 admin`. Nobody's family is called so. */
const officeWords: readonly string[] = ['admin', 'admins', 'administrator', 'administrators', 'superuser', 'sysadmin', 'sysadmins'];

/** What sets a part of a name apart, as a title or a note beside it: `Bo · Support`, `Bo (staff)`. Hyphens and points stand within names. */
const apart = /[|/\\:;<>(){}[\]~=+*_•·∙・‧|¦«»‹›→⇒–—―…!?@#]|\s[-.]+\s|\p{So}|\p{Sm}/u;
/** A name of 64 signs has no more parts, or words, that anyone reads. */
const maxParts = 16;

/** The forms of a name in which a reserved word may hide: those of the whole, then those of each part that signs set apart, then its words. */
export function nameForms(text: string): string[] {
  return [...formsOf(text), ...partsOf(text).flatMap(formsOf), ...officesOf(text)];
}

/** The whole name is a part like any, if it has others. */
function partsOf(text: string): string[] {
  const parts = text.normalize('NFKC').split(apart);
  return parts.length === 1 ? [] : parts.filter((part) => part.trim() !== '').slice(0, maxParts);
}

function officesOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => word !== '')
    .slice(0, maxParts);
}

const formsOfEach = 5;

/** The forms of a text of which all is looked at: behind signs, digits and, in the last form, small words. */
function formsOf(text: string): string[] {
  const words = wordsOf(text);
  const trimmed = words.map(withoutOuterDigits);
  const essential = trimmed.filter((word) => !smallWords.has(word.toLowerCase()));
  return [text, words.join(''), words.join('').replace(digits, ''), trimmed.join(''), essential.join('')];
}

/**
 * Whether a name would pass for the server itself or for everyone.
 *
 * @param looks what the database's `name_look` makes of each of its {@link nameForms}
 */
export function isReserved(text: string, looks: readonly string[]): boolean {
  // By its letters and not by its look, which `Ali` has too.
  if (wordsOf(text).join('').toLowerCase() === 'all') return true;
  const bare = looks.map((look) => look.replace(/[-_.]/g, ''));
  const words = formsOfEach * (1 + partsOf(text).length);
  return (
    bare.slice(0, formsOfEach - 1).some((look) => isMadeOf(look, everyoneLooks, noLooks)) ||
    bare.slice(0, words).some((look) => isMadeOf(look, serverLooks, otherLooks)) ||
    bare.slice(words).some((look) => officeLooks.has(look))
  );
}

/** Whether a look is words of two lists and nothing else, with one of the first list at least. */
function isMadeOf(look: string, needed: readonly string[], others: readonly string[]): boolean {
  /** Up to which letter the look is such words: all of the second list, or with one of the first. */
  const [plain, full] = [new Set([0]), new Set<number>()];
  for (let at = 0; at < look.length; at++) {
    const [isPlain, isFull] = [plain.has(at), full.has(at)];
    if (!isPlain && !isFull) continue;
    const endsOf = (words: readonly string[]) => words.filter((word) => look.startsWith(word, at)).map((word) => at + word.length);
    for (const end of endsOf(needed)) full.add(end);
    for (const end of endsOf(others)) {
      if (isPlain) plain.add(end);
      if (isFull) full.add(end);
    }
  }
  return full.has(look.length);
}

/** What `name_look` makes of a word of the lists, without its hyphen. misleading-name.contract.ts holds one to the other. */
export function lookOfWord(word: string): string {
  return word.replaceAll('-', '').replaceAll('i', 'l').replaceAll('rn', 'm').replaceAll('vv', 'w');
}

const serverLooks = wordsForTheServer.map(lookOfWord);
const officeLooks: ReadonlySet<string> = new Set(officeWords.map(lookOfWord));
const everyoneLooks = wordsForEveryone.map(lookOfWord);
const otherLooks = [...wordsForEveryone, ...fillers].map(lookOfWord);
const noLooks: readonly string[] = [];

/** Every word that is compared by its look. */
export const comparedWords: readonly string[] = [...wordsForTheServer, ...wordsForEveryone, ...fillers];

/** Letters of any width or shape are plain ones, signs that hold letters are none. */
function wordsOf(text: string): string[] {
  return text.replace(/[™℠]/gu, ' ').normalize('NFKC').split(between);
}

/** Digits between letters may stand for letters; those around them number a name. */
function withoutOuterDigits(word: string): string {
  const isDigit = (letter: string | undefined) => letter !== undefined && letter >= '0' && letter <= '9';
  let [start, end] = [0, word.length];
  while (isDigit(word[start])) start++;
  while (end > start && isDigit(word[end - 1])) end--;
  return word.slice(start, end);
}
