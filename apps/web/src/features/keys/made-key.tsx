import type { MadeKey } from '@parley/contracts';
import { ShownOnce } from '../../components/ui/shown-once.js';

/** Where the focus goes once a key is made. */
export const madeKeyId = 'made-key';

/** A key that was just made, the only time it can be seen. */
export function MadeKeyCard({ made: { name, key }, onDone }: { made: MadeKey; onDone: () => void }) {
  return (
    <ShownOnce
      label="Key"
      title={
        <>
          “<bdi>{name}</bdi>” is made
        </>
      }
      description="Copy the key now: it is shown only this once. Keep it as you keep a password; if it is lost, revoke it and make another."
      id={madeKeyId}
      value={key}
      onDone={onDone}
    />
  );
}
