// This entry is separate because the page loads at once what the root of this package exports, and searches only on one of its screens.
export { findWords, type Place } from './find-words.js';
export { indexWords, indexWordsInSteps, maxIndexed } from './index-words.js';
export { nameKeys, nameQuery } from './name-keys.js';
export { readQuery, type QueryTerm, type QueryWord, type SearchQuery } from './read-query.js';
export { splitWords, type Word } from './split-words.js';
