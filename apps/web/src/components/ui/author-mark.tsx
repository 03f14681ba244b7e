import { isBot, type MessageView } from '@parley/contracts';
import { NameMark } from './name-mark.js';

/** What stands beside the name of a message's author: that a file named them, so that nobody takes them for someone of this server; that it is a bot. */
export function AuthorMark({ author }: { author: MessageView['author'] }) {
  return (
    <>
      {author.imported && <NameMark says="imported" />}
      {isBot(author) && <NameMark says="bot" />}
    </>
  );
}
