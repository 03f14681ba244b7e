export { modelEnvShape, modelSettingsOf, replyEnvShape, workerEnvShape, type WorkerEnv } from './env.js';
export type { StdioCommands } from './mcp/stdio-commands.js';
export { createModels, type Models, type ModelSettings, type ResolvedModel } from './models/providers.js';
export type { ListedProvider } from './models/providers-file.js';
export { startWorker, type RunningWorker, type StartWorkerOptions } from './start-worker.js';
