export { startModelServer, type ModelServer, type ModelServerOptions } from './model-server.js';
export {
  gate,
  promptText,
  words,
  type Gate,
  type ModelAnswer,
  type ModelFinish,
  type ModelRefusal,
  type ModelScript,
  type ModelStep,
  type ModelUsage,
  type ProtocolName,
  type RecordedRequest,
  type SentTurn,
} from './script.js';
