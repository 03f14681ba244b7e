import type { CharacterDetails } from '@parley/contracts';
import { Download, Upload } from 'lucide-react';
import { useRef } from 'react';
import { useClient } from '../../client/client-context.js';
import { saveFile } from '../../client/files.js';
import { trpc } from '../../client/trpc.js';
import { useCall } from '../../client/use-call.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { readCardFile } from './card-file.js';

type Imported = CharacterDetails & { cut: string[] };

/** Makes a character of a Tavern card. */
export function ImportCard({ onImported }: { onImported: (imported: Imported) => void }) {
  const client = useClient();
  const utils = trpc.useUtils();
  const input = useRef<HTMLInputElement>(null);
  const { busy, problem, call } = useCall();
  const take = (file: File) =>
    call(async () => {
      const imported = await client.trpc.characters.importCard.mutate(await readCardFile(file));
      await utils.characters.list.invalidate();
      onImported(imported);
    });
  return (
    <div className="mr-auto flex min-w-0 flex-col items-start gap-1 max-wide:w-full">
      <input
        ref={input}
        type="file"
        accept=".png,.json,image/png,application/json"
        aria-label="File of a character’s card"
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
        {busy ? 'Importing…' : 'From a card…'}
      </Button>
      {problem && (
        <p role="alert" className="text-13 text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}

/** Saves the character as a picture with its card in it. */
export function ExportCard({ characterId, handle }: { characterId: string; handle: string }) {
  const client = useClient();
  const { busy, problem, call } = useCall();
  const save = () =>
    call(async () => {
      const { png } = await client.trpc.characters.exportCard.query({ characterId, format: 'png' });
      const bytes = Uint8Array.from(atob(png ?? ''), (sign) => sign.charCodeAt(0));
      saveFile(new Blob([bytes], { type: 'image/png' }), `${handle}.png`);
    });
  return (
    <>
      {problem && (
        <p role="alert" className="w-full text-13 text-danger">
          {problem}
        </p>
      )}
      <Button look="quiet" disabled={busy} onClick={() => void save()}>
        <Download {...icon} />
        Save as card
      </Button>
    </>
  );
}
