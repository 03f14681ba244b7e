import { agentModel, foldText, handlePattern, isModelName, type CharacterDetails, type CharacterTool } from '@parley/contracts';

/** A character as a form holds it: an empty field means none. */
export interface CharacterFields {
  handle: string;
  name: string;
  tagline: string;
  glyph: string;
  hue: number;
  systemPrompt: string;
  model: string;
  /** As typed. */
  temperature: string;
  greeting: string;
  tools: readonly CharacterTool[];
}

export const newFields: CharacterFields = {
  handle: '',
  name: '',
  tagline: '',
  glyph: 'bot',
  hue: 260,
  systemPrompt: '',
  model: '',
  temperature: '',
  greeting: '',
  tools: [],
};

export function fieldsOf({ character, settings }: CharacterDetails): CharacterFields {
  return {
    handle: character.handle,
    name: character.name,
    tagline: character.tagline,
    glyph: character.avatar.glyph ?? 'bot',
    hue: character.avatar.hue,
    systemPrompt: settings?.systemPrompt ?? '',
    model: character.model ?? '',
    temperature: settings?.temperature?.toString() ?? '',
    greeting: settings?.greeting ?? '',
    tools: settings?.tools ?? [],
  };
}

/** `Émile the 2nd` → `emile-the-2nd`: what a handle may be, from a name. */
export function suggestHandle(name: string): string {
  return foldText(name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 32);
}

export type FieldProblems = Partial<Record<keyof CharacterFields, string>>;

export function checkFields(fields: CharacterFields, isNew: boolean): FieldProblems {
  const problems: FieldProblems = {};
  if (fields.name.trim() === '') problems.name = 'Give the character a name.';
  if (isNew && !handlePattern.test(fields.handle.trim().toLowerCase())) {
    problems.handle = 'Use 2 to 32 letters, digits, “-” or “_”, starting with a letter or digit.';
  }
  if (fields.systemPrompt.trim() === '') problems.systemPrompt = 'Say who it is and how it answers.';
  const model = fields.model.trim();
  if (model !== '' && model !== agentModel && !isModelName(model)) {
    problems.model = 'Write provider:model, such as openai:gpt-5-mini, or agent.';
  }
  const temperature = fields.temperature.trim() === '' ? 0 : Number(fields.temperature.replace(',', '.'));
  if (!(temperature >= 0 && temperature <= 2)) problems.temperature = 'A number from 0 to 2.';
  return problems;
}

export function toCreate(fields: CharacterFields) {
  return { handle: fields.handle.trim().toLowerCase(), ...shared(fields) };
}

export function toUpdate(characterId: string, fields: CharacterFields) {
  return { characterId, ...shared(fields) };
}

function shared({ name, tagline, glyph, hue, systemPrompt, model, temperature, greeting, tools }: CharacterFields) {
  return {
    name: name.trim(),
    tagline: tagline.trim(),
    avatar: { hue, glyph },
    systemPrompt: systemPrompt.trim(),
    model: model.trim() || null,
    temperature: temperature.trim() === '' ? null : Number(temperature.replace(',', '.')),
    greeting: greeting.trim(),
    tools: [...tools],
  };
}
