// This entry is separate because the page loads at once what the root of this package exports, and reads Markdown only where it shows it.
export type { Token, Tokens } from 'marked';
export { decodeEntities } from './entities.js';
export { findMentions } from './find-mentions.js';
export { mentionsIn, mentionsInSteps } from './mentions.js';
export { linkText, sourceMark } from './own-text.js';
export { piecesOf } from './pieces.js';
export { firstWords, plainText } from './plain-text.js';
export { readMarkdown, type TextToken } from './read-markdown.js';
export { searchText } from './search-text.js';
export { sentText } from './sent-text.js';
export { splitMentions } from './split-mentions.js';
