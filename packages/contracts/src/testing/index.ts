export { mentionable, mentionCorpus } from './mention-corpus.js';
