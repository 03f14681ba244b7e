/**
 * Words by which a person would take someone for the server itself. Compared by their look, so `Adm1n` is among them; also beside each
 * other and beside {@link fillers}. The names of roles are not: a page shows a role beside the name.
 */
export const wordsForTheServer: readonly string[] = [
  ...['admin', 'admins', 'administrator', 'administrators', 'help-desk', 'official', 'parley', 'root', 'security', 'staff'],
  ...['superuser', 'support', 'sysadmin', 'sysadmins', 'system', 'systems'],
];

/** Words that mean whoever is there. Beside others they are words like any: `Here for you`. */
export const wordsForEveryone: readonly string[] = ['anyone', 'channel', 'everybody', 'everyone', 'here'];

/**
 * Words that leave a name that means the server what it is: `Parley Support Team`. None is a part of ordinary names, which are compared
 * without their spaces. Short words are below: `an` would make `Staffan` one of these names.
 */
export const fillers: readonly string[] = [
  ...['account', 'accounts', 'alert', 'alerts', 'all', 'and', 'app', 'auto', 'bot', 'center', 'centre', 'chat', 'chief', 'client'],
  ...['contact', 'crew', 'customer', 'department', 'desk', 'general', 'global', 'group', 'head', 'help', 'host', 'hotline', 'info'],
  ...['main', 'manager', 'member', 'members', 'message', 'messages', 'mod', 'moderator', 'moderators', 'mods', 'notice', 'notices'],
  ...['online', 'operations', 'operator', 'our', 'owner', 'real', 'room', 'rooms', 'senior', 'server', 'servers', 'service', 'services'],
  ...['site', 'super', 'team', 'tech', 'technical', 'the', 'user', 'users', 'verified', 'web', 'website', 'your'],
];

/** Words that say nothing where they stand alone: `I am the Admin`. */
const smallWords: ReadonlySet<string> = new Set([
  ...[
    'a',
    'am',
    'an',
    'at',
    'by',
    'dr',
    'for',
    'from',
    'hq',
    'i',
    'in',
    'is',
    'it',
    'me',
    'mr',
    'mrs',
    'ms',
    'my',
    'no',
    'of',
    'on',
    'sir',
  ],
  ...['this', 'tm', 'to', 'we'],
]);

/** Whatever is no letter, mark or digit. The clicks of African languages are letters that look like signs. */
const between = /[^\p{L}\p{M}\p{N}]|[\u01c0-\u01c3]/u;
const digits = /\p{N}/gu;

/** The forms of a name in which a reserved word may hide: behind signs, digits and small words. */
export function nameForms(text: string): { whole: string[]; essential: string } {
  const words = wordsOf(text);
  const trimmed = words.map(withoutOuterDigits);
  const essential = trimmed.filter((word) => !smallWords.has(word.toLowerCase()));
  return { whole: [text, words.join(''), trimmed.join(''), words.join('').replace(digits, '')], essential: essential.join('') };
}

/** Whether a name says `all`. By its letters and not by its look, which `Ali` has too. */
export function isAll(text: string): boolean {
  return wordsOf(text).join('').toLowerCase() === 'all';
}

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
