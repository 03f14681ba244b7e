import { accountOperations } from './account-operations.js';
import { adminOperations } from './admin-operations.js';
import { agentOperations } from './agent-operations.js';
import { botOperations } from './bot-operations.js';
import { characterOperations } from './character-operations.js';
import { chatOperations } from './chat-operations.js';
import { doorOperations } from './door-operations.js';
import { hookOperations } from './hook-operations.js';
import { keyOperations } from './key-operations.js';
import { mcpOperations } from './mcp-operations.js';
import { messageOperations } from './message-operations.js';
import { modelOperations } from './model-operations.js';
import type { Operation, RoomOperation } from './operation.js';
import { privacyOperations } from './privacy-operations.js';
import { roomOperations } from './room-operations.js';
import { usageOperations } from './usage-operations.js';

/**
 * Everything that can be asked of a server, one row each: who may, in which rooms, under which rate limit, whether a repeated call is
 * safe, and the scope that a key needs. Each procedure and each file route of the API is one of these rows, and the tests of access are
 * generated from them.
 */
export const operations = {
  ...accountOperations,
  ...doorOperations,
  ...keyOperations,
  ...botOperations,
  ...agentOperations,
  ...hookOperations,
  ...roomOperations,
  ...characterOperations,
  ...mcpOperations,
  ...messageOperations,
  ...modelOperations,
  ...chatOperations,
  ...usageOperations,
  ...privacyOperations,
  ...adminOperations,
};

type Operations = typeof operations;

export type OperationName = keyof Operations;

/** Operations that are procedures; the others are plain HTTP routes. */
export type ProcedureName = { [N in OperationName]: Operations[N] extends { route: string } ? never : N }[OperationName];

/** Operations on a room, or on something in it. */
export type RoomOperationName = {
  [N in OperationName]: Operations[N]['who'] extends 'room' | 'reader' | 'self' | 'invited' ? N : never;
}[OperationName];

/** The row of an operation, typed with the columns that only some rows have; null for a name that no row has. */
export function operationNamed(name: RoomOperationName): RoomOperation;
export function operationNamed(name: OperationName): Operation;
export function operationNamed(name: string): Operation | null;
export function operationNamed(name: string): Operation | null {
  return Object.hasOwn(operations, name) ? operations[name as OperationName] : null;
}
