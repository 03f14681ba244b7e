import { agentModel, characterTools, maxDisplayNameLength, maxSystemPromptLength, type CharacterTool } from '@parley/contracts';
import { useState, type CSSProperties, type FormEvent, type ReactNode } from 'react';
import { errorField, errorMessage } from '../../client/errors.js';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { cx } from '../../components/ui/class-names.js';
import Glyph, { glyphs } from '../../components/ui/glyphs.js';
import { HueSlider } from '../../components/ui/hue-slider.js';
import { TextArea } from '../../components/ui/text-area.js';
import { TextField } from '../../components/ui/text-field.js';
import { trpc } from '../../client/trpc.js';
import { modelHint, suggestedModels } from './suggested-models.js';
import { checkFields, suggestHandle, type CharacterFields } from './character-fields.js';

interface CharacterFormProps {
  initial: CharacterFields;
  isNew: boolean;
  /** What the server refused; null if nothing. It is shown at the field that it names. */
  refused: unknown;
  busy: boolean;
  submit: string;
  onSubmit: (fields: CharacterFields) => void;
  onCancel: () => void;
  extra?: ReactNode;
  /** The choice of MCP servers. */
  mcp?: ReactNode;
}

/** The fields that have a place for what is wrong with them. */
const shown: ReadonlySet<string> = new Set(['name', 'handle', 'tagline', 'systemPrompt', 'model', 'temperature', 'greeting']);

export function CharacterForm({ initial, isNew, refused, busy, submit, onSubmit, onCancel, extra, mcp }: CharacterFormProps) {
  const [fields, setFields] = useState(initial);
  const [checked, setChecked] = useState(false);
  const listed = trpc.models.list.useQuery(undefined, { staleTime: 60_000, refetchOnWindowFocus: false }).data;
  const found = checked ? checkFields(fields, isNew) : {};
  const at = refused ? errorField(refused) : null;
  // Only these have a place for a sentence.
  const named = at !== null && shown.has(at) ? { [at]: errorMessage(refused) } : {};
  const problems: Partial<Record<keyof CharacterFields, string>> = { ...named, ...found };
  const problem = refused && (at === null || !shown.has(at)) ? errorMessage(refused) : null;
  const set = (change: Partial<CharacterFields>) => setFields({ ...fields, ...change });
  const setName = (name: string) => {
    // The handle follows the name until someone types in the handle's own field.
    const follows = isNew && fields.handle === suggestHandle(fields.name);
    set({ name, ...(follows ? { handle: suggestHandle(name) } : {}) });
  };
  const onFormSubmit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(checkFields(fields, isNew)).length === 0) onSubmit(fields);
  };
  return (
    <form onSubmit={onFormSubmit} noValidate className="mt-4 flex flex-col gap-4">
      <div className="flex items-center gap-4">
        <Avatar name={fields.name} avatar={fields} kind="character" size="large" />
        <div className="min-w-0 flex-1">
          <HueSlider label="Colour" hue={fields.hue} onChange={(hue) => set({ hue })} />
        </div>
      </div>
      <GlyphChoice glyph={fields.glyph} hue={fields.hue} onChange={(glyph) => set({ glyph })} />
      <div className="grid grid-cols-2 gap-3 max-wide:grid-cols-1">
        <TextField
          label="Name"
          maxLength={maxDisplayNameLength}
          value={fields.name}
          onChange={(event) => setName(event.target.value)}
          error={problems.name}
        />
        <TextField
          label="Handle"
          hint={isNew ? 'How it is called: @handle' : 'The handle stays as it is.'}
          disabled={!isNew}
          autoCapitalize="none"
          spellCheck={false}
          maxLength={32}
          value={fields.handle}
          onChange={(event) => set({ handle: event.target.value })}
          error={problems.handle}
        />
      </div>
      <TextField
        label="Tagline (optional)"
        maxLength={160}
        value={fields.tagline}
        onChange={(event) => set({ tagline: event.target.value })}
        error={problems.tagline}
      />
      <TextArea
        label="Who it is and how it answers"
        hint="It is told this before every answer. Only you and admins can read it."
        rows={5}
        maxLength={maxSystemPromptLength}
        value={fields.systemPrompt}
        onChange={(event) => set({ systemPrompt: event.target.value })}
        error={problems.systemPrompt}
      />
      <div className="grid grid-cols-2 gap-3 max-wide:grid-cols-1">
        <TextField
          label="Model (optional)"
          hint={fields.model.trim() === agentModel ? 'A program of yours writes its answers. Until it does, they wait.' : modelHint(listed)}
          list="suggested-models"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={fields.model}
          onChange={(event) => set({ model: event.target.value })}
          error={problems.model}
        />
        <datalist id="suggested-models">
          {suggestedModels(listed).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </datalist>
        <TextField
          label="Temperature (optional)"
          hint="0 is steady, 2 is wild"
          inputMode="decimal"
          value={fields.temperature}
          onChange={(event) => set({ temperature: event.target.value })}
          error={problems.temperature}
        />
      </div>
      {fields.model.trim() !== agentModel && <ToolChoice chosen={fields.tools} onChange={(tools) => set({ tools })} />}
      {fields.model.trim() !== agentModel && mcp}
      <TextArea
        label="Greeting (optional)"
        hint="Said when it comes into a room."
        rows={2}
        maxLength={2000}
        value={fields.greeting}
        onChange={(event) => set({ greeting: event.target.value })}
        error={problems.greeting}
      />
      {/* Always in view, however far the form is scrolled. */}
      <div className="sticky -bottom-5 -mx-5 -mb-5 flex flex-wrap justify-end gap-2 border-t border-line bg-surface px-5 py-3">
        {problem && (
          <p role="alert" className="w-full text-14 text-danger">
            {problem}
          </p>
        )}
        {extra}
        {/* On a narrow page the two go to a line of their own together. */}
        <span className="flex gap-2">
          <Button look="quiet" onClick={onCancel}>
            Cancel
          </Button>
          <Button look="primary" type="submit" disabled={busy}>
            {submit}
          </Button>
        </span>
      </div>
    </form>
  );
}

const toolChoices: Record<CharacterTool, { name: string; means: string }> = {
  search_room: { name: 'Search the room', means: 'Finds what was said here, also long ago, by its words.' },
  read_messages: { name: 'Read messages', means: 'Reads on around what it found, or what was said on a day.' },
  read_notes: { name: 'Read notes', means: 'Looks through all notes of the room, where there are more than it is told.' },
  fetch_url: { name: 'Read pages of the web', means: 'Of addresses that were written here. Only if whoever runs this server allows it.' },
};

function ToolChoice({ chosen, onChange }: { chosen: readonly CharacterTool[]; onChange: (chosen: CharacterTool[]) => void }) {
  return (
    <fieldset>
      <legend className="mb-0.5 text-13 font-medium text-ink-2">Tools (optional)</legend>
      <p className="mb-1 text-13 text-ink-3">
        It may use them before it answers. Each use is shown with the answer, and costs a call more.
      </p>
      {characterTools.map((tool) => (
        <CheckLine
          key={tool}
          checked={chosen.includes(tool)}
          onChange={(on) => onChange(characterTools.filter((each) => (each === tool ? on : chosen.includes(each))))}
          errorId={undefined}
          means={toolChoices[tool].means}
        >
          {toolChoices[tool].name}
        </CheckLine>
      ))}
    </fieldset>
  );
}

function GlyphChoice({ glyph, hue, onChange }: { glyph: string; hue: number; onChange: (glyph: string) => void }) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-13 font-medium text-ink-2">Sign</legend>
      <div className="grid grid-cols-9 justify-items-center gap-1 max-wide:grid-cols-6" style={{ '--hue': hue } as CSSProperties}>
        {Object.keys(glyphs).map((name) => (
          <label
            key={name}
            title={name}
            className={cx(
              'grid size-9 cursor-pointer place-items-center rounded-control border transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent max-wide:size-11',
              name === glyph ? 'hue-border hue-text' : 'border-transparent text-ink-2 hover:bg-hover',
            )}
          >
            <input
              type="radio"
              name="glyph"
              aria-label={name}
              checked={name === glyph}
              onChange={() => onChange(name)}
              className="sr-only"
            />
            <Glyph name={name} size={18} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
