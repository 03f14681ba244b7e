import type { Mine } from '@parley/contracts';

/** Stands where the composer would, and says why nothing is written here. @param gone the other side of a direct room; null in an archived room */
export default function ReadOnly({ gone }: { gone: Mine['direct'] }) {
  return (
    <p className="measure pb-5 text-center text-14 text-ink-2">
      {!gone ? (
        'This room is archived: it can be read, and nothing is added to it.'
      ) : gone.type === 'character' ? (
        // That it was deleted is the last line of the conversation.
        'This conversation is over. What was said here stays, and nothing is added to it.'
      ) : (
        <>
          <bdi>{gone.name}</bdi> has left this server. What was said here stays, and nothing is added to it.
        </>
      )}
    </p>
  );
}
