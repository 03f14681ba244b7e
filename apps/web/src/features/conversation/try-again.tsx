import { isModelName, maxInstructionLength, type ListedModels, type MessageView } from '@parley/contracts';
import { useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { Button } from '../../components/ui/button.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextArea } from '../../components/ui/text-area.js';
import { TextField } from '../../components/ui/text-field.js';

const wishes = ['Shorter', 'More detail', 'In plain words'];

/** Has a reply written again as the user wishes: with an instruction, by another model. */
export default function TryAgain({ message, onClose }: { message: MessageView; onClose: () => void }) {
  const { trpc } = useClient();
  const [instruction, setInstruction] = useState('');
  const [model, setModel] = useState('');
  const [listed, setListed] = useState<ListedModels | null>(null);
  useEffect(() => {
    // Without the list a name can be typed all the same.
    trpc.models.list.query().then(setListed, () => undefined);
  }, [trpc]);
  const names = listed
    ? [...new Set([...(listed.allowed ?? []).filter(isModelName), ...listed.providers.flatMap(({ models }) => models)])]
    : [];
  const written = model.trim();
  return (
    <FormDialog
      title="Try again"
      description="The text there is stays as a version. The tokens count as yours."
      submit="Try again"
      missing={{ instruction: false, model: written !== '' && !isModelName(written) && 'Write provider:model.' }}
      onClose={onClose}
      onSubmit={() =>
        trpc.replies.regenerate.mutate({
          messageId: message.id,
          ...(instruction.trim() !== '' && { instruction: instruction.trim() }),
          ...(written !== '' && { model: written }),
        })
      }
    >
      {(problemAt) => (
        <>
          <div className="flex flex-col gap-2">
            <TextArea
              label="How it should be (optional)"
              hint="The character sees its answer, and this as your words."
              rows={2}
              maxLength={maxInstructionLength}
              value={instruction}
              onChange={(event) => setInstruction(event.target.value)}
              error={problemAt('instruction')}
            />
            <div role="group" aria-label="Suggestions" className="flex flex-wrap gap-2">
              {wishes.map((wish) => (
                <Button
                  key={wish}
                  size="small"
                  className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
                  aria-pressed={instruction === wish}
                  onClick={() => setInstruction(instruction === wish ? '' : wish)}
                >
                  {wish}
                </Button>
              ))}
            </div>
          </div>
          <TextField
            label="Model (optional)"
            hint={`Empty for the one it has. ${listed?.defaultModel ? `This server’s is ${listed.defaultModel}.` : ''}`.trim()}
            list="models-to-try"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={model}
            onChange={(event) => setModel(event.target.value)}
            error={problemAt('model')}
          />
          <datalist id="models-to-try">
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </datalist>
        </>
      )}
    </FormDialog>
  );
}
