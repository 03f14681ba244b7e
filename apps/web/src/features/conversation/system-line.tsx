import { systemText, type MessageView } from '@parley/contracts';
import { apart, Sentence } from '../../components/ui/sentence.js';

/** What a line of the system says, each name in it set apart. */
export default function SystemLine({ message }: { message: MessageView }) {
  // Lines from before facts were kept, and lines of an imported room, have only a text.
  return (
    <Sentence
      text={message.system ? systemText(message.system, apart) : message.author.imported ? `Imported: ${message.content}` : message.content}
    />
  );
}
