export { readAnswerRules, scriptOf } from './answer-rules.js';
export { startModelServer, type ModelServer, type ModelServerOptions } from './model-server.js';
export {
  gate,
  promptText,
  words,
  type Gate,
  type ModelAnswer,
  type ModelRefusal,
  type ModelStep,
  type ProtocolName,
  type RecordedRequest,
} from './script.js';
