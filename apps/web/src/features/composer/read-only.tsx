import type { Mine } from '@parley/contracts';

/** Stands where the composer would, and says why nothing is written here. @param gone the other side of a direct room; null in an archived room */
export default function ReadOnly({ gone }: { gone: Mine['direct'] }) {
  return (
    <p className="measure pb-5 text-center text-14 text-ink-2">
      {gone ? (
        <>
          <bdi>{gone.name}</bdi> {gone.type === 'character' ? 'was deleted' : 'has left this server'}. What was said here stays, and nothing
          is added to it.
        </>
      ) : (
        'This room is archived: it can be read, and nothing is added to it.'
      )}
    </p>
  );
}
