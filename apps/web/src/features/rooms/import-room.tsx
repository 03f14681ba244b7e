import { Upload } from 'lucide-react';
import { useRef } from 'react';
import { useClient } from '../../client/client-context.js';
import { importRoom } from '../../client/files.js';
import { useCall } from '../../client/use-call.js';
import { useStillHere } from '../../client/use-still-here.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';

/** Makes a room from a file that another room was exported to. */
export function ImportRoom({ onImported }: { onImported: (roomId: string) => void }) {
  const client = useClient();
  const input = useRef<HTMLInputElement>(null);
  const { busy, problem, call } = useCall();
  const mark = useStillHere();
  const take = (file: File) =>
    call(async () => {
      const isStillHere = mark();
      const { room } = await importRoom(client, file);
      if (isStillHere()) onImported(room.id);
    });
  return (
    <div className="mr-auto flex min-w-0 flex-col items-start gap-1">
      <input
        ref={input}
        type="file"
        accept=".jsonl,.ndjson,application/x-ndjson"
        aria-label="File of an exported room"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.target.files?.[0];
          // Clear the field, so that the same file can be chosen again after it was corrected.
          event.target.value = '';
          if (file) void take(file);
        }}
      />
      <Button look="quiet" className="-ml-3" disabled={busy} onClick={() => input.current?.click()}>
        <Upload {...icon} />
        {busy ? 'Importing…' : 'From a file…'}
      </Button>
      {problem && (
        <p role="alert" className="text-13 text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}
