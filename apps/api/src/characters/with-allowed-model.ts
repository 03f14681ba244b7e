import { agentModel, AppError } from '@parley/contracts';
import type { ApiServices } from '../services.js';

/**
 * The input of a character, if the model that it names is one that this server allows. The workers check again, because what is allowed
 * may change after the character was made.
 *
 * @throws AppError VALIDATION that names the field and what is allowed
 */
export function withAllowedModel<Input extends { model?: string | null | undefined }>(
  { models }: Pick<ApiServices, 'models'>,
  input: Input,
): Input {
  const { model = null } = input;
  if (model === null || model === agentModel || !models || models.allows(model)) return input;
  throw new AppError(
    'VALIDATION',
    `This server does not allow the model “${model}”. Choose one of: ${[...new Set([...models.names, 'built-in:extractive'])].join(', ')}.`,
    {
      field: 'model',
    },
  );
}
