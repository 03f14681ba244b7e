import { keyScopes, type KeyScope } from '@parley/contracts';

/** What each scope lets a key do, in words: in a list, and where it is chosen. */
export const scopeTexts: Record<KeyScope, { label: string; means: string }> = {
  'rooms:read': { label: 'Read rooms', means: 'See the rooms of the account, the public ones, and who is in them.' },
  'rooms:write': { label: 'Change rooms', means: 'Make, join, change and leave rooms, and bring people and characters into them.' },
  'messages:read': { label: 'Read messages', means: 'Read and search what was said, follow it as it happens, and export rooms.' },
  'messages:write': {
    label: 'Write messages',
    means: 'Send messages, also such as call a character; edit, delete and pin them, and react.',
  },
  'replies:write': { label: 'Steer answers', means: 'Stop answers, have them written again, and put private ones away.' },
  'characters:read': { label: 'Read characters', means: 'See the characters of this server.' },
  'characters:use': {
    label: 'Use characters as models',
    means: 'Call characters by OpenAI’s protocol, outside of rooms. It may cost tokens.',
  },
  'characters:write': { label: 'Change characters', means: 'Make characters, and change and delete those of the account.' },
  'agents:serve': { label: 'Answer as characters', means: 'Write the answers of the account’s characters whose model is “agent”.' },
  'hooks:read': { label: 'Read hooks', means: 'See the webhooks of rooms and bots, and what they sent.' },
  'hooks:write': { label: 'Change hooks', means: 'Have what happens in rooms sent elsewhere, and let programs write into rooms.' },
  'users:read': { label: 'Read people', means: 'See the account itself, and find people by their names.' },
  'users:write': { label: 'Change the profile', means: 'Change the name and the colour of the account.' },
  'users:admin': { label: 'Manage accounts', means: 'Disable and enable accounts of this server, as an admin.' },
};

/** The scopes as they are chosen: what belongs together stands together. */
export const scopeGroups: readonly { title: string; scopes: readonly KeyScope[] }[] = [
  { title: 'Rooms and messages', scopes: ['rooms:read', 'rooms:write', 'messages:read', 'messages:write'] },
  {
    title: 'Characters and their answers',
    scopes: ['characters:read', 'characters:write', 'characters:use', 'replies:write', 'agents:serve'],
  },
  { title: 'Hooks', scopes: ['hooks:read', 'hooks:write'] },
  { title: 'People', scopes: ['users:read', 'users:write', 'users:admin'] },
];

/** The scopes in one line: `Read rooms, write messages`. Those of a later version of the server, which this page has no words for, as they are. */
export function scopesInWords(scopes: readonly KeyScope[]): string {
  if (keyScopes.every((scope) => scopes.includes(scope))) return 'Everything that a key can do';
  const labels = scopes.map((scope) => (Object.hasOwn(scopeTexts, scope) ? scopeTexts[scope].label : scope));
  return labels.map((label, index) => (index === 0 ? label : label.charAt(0).toLowerCase() + label.slice(1))).join(', ');
}
