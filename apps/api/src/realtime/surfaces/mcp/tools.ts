import { operationNamed, operations, type OperationName, type ProcedureName } from '@parley/contracts';
import { JsonSchemas, type JsonSchema } from '../../../rest/json-schemas.js';
import { inputSchemaOf } from '../../../rest/serve-endpoint.js';
import { askCharacter, summariseRoom } from './ask-tools.js';
import type { McpTool } from './mcp-tool.js';

let made: readonly McpTool[] | undefined;

/** Every tool: one for each operation whose row names one, and those that wait for an answer. */
export function mcpTools(): readonly McpTool[] {
  return (made ??= [...tableTools(), askCharacter, summariseRoom]);
}

function tableTools(): McpTool[] {
  return (Object.keys(operations) as OperationName[]).flatMap((operation) => {
    const { mcp, does, scope, repeat } = operationNamed(operation);
    if (mcp === undefined) return [];
    const name = operation as ProcedureName;
    const reads = scope.endsWith(':read');
    return {
      name: mcp,
      description: does,
      inputSchema: inputOf(name),
      annotations: {
        readOnlyHint: reads,
        destructiveHint: !reads && /\.(?:delete|edit|leave)$/.test(operation),
        idempotentHint: repeat !== 'unsafe' && repeat !== 'byClientId',
        openWorldHint: false,
      },
      operations: [operation],
      call: (calls, input) => calls.call(name, input),
    };
  });
}

/** What a procedure takes, without the id of a message that its sender makes: the tool makes it. */
function inputOf(name: ProcedureName): McpTool['inputSchema'] {
  const schema = inputSchemaOf(name);
  const { properties = {}, required = [], ...rest }: JsonSchema = schema ? new JsonSchemas().writeInput(schema) : {};
  const { clientId: _made, ...own } = properties;
  const needed = required.filter((field) => field !== 'clientId');
  return { ...rest, type: 'object', properties: own, ...(needed.length > 0 && { required: needed }), additionalProperties: false };
}
