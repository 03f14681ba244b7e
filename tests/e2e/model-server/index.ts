export { startModelServer, type ModelServer, type ModelServerOptions } from './model-server.js';
export {
  gate,
  promptText,
  words,
  type ChatRequestBody,
  type Gate,
  type ModelAnswer,
  type ModelScript,
  type ModelStep,
  type ModelUsage,
  type RecordedRequest,
} from './script.js';
