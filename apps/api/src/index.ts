export { startApi, type RunningApi } from './start-api.js';
export { apiEnvShape, type SharedApiEnv } from './env.js';
export type { ApiDeps } from './services.js';
export type { AppRouter } from './app-router.js';
export { openOperatorDoor } from './operator-door.js';
export { refuseTakenPort } from './refuse-taken-port.js';
export { findWebRoot } from './web-root.js';
export type { ProviderSettings } from './auth/oidc/provider-settings.js';
