export { mentionable, mentionCorpus } from './mention-corpus.js';
export { injections, obeyed, type InjectionPlace } from './injections.js';
