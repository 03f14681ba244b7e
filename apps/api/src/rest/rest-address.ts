import { operationNamed, operations, type OperationName, type ProcedureName, type RestAddress } from '@parley/contracts';

export type RestMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A procedure at one of its addresses. */
export interface RestEndpoint {
  name: ProcedureName;
  method: RestMethod;
  /** As the table writes it: `/api/rooms/{roomId}`. */
  path: string;
  /** Fields of the input that the path has. */
  params: readonly string[];
  /** Fields of the input whose value the address decides. */
  fixed: Readonly<Record<string, boolean>>;
  /** What a call that succeeds answers. */
  status: 200 | 201 | 202;
  /** True for an address that only stands for the procedure's first one. */
  isAlias: boolean;
}

/** Every procedure that REST has, at each of its addresses, by the table of operations. */
export function restEndpoints(): RestEndpoint[] {
  return (Object.keys(operations) as OperationName[]).flatMap((name) => {
    const { rest = [], makes, later } = operationNamed(name);
    const addresses: readonly RestAddress[] = typeof rest === 'string' ? [rest] : rest;
    // Addresses of one method are aliases; another method is another deed of the same procedure.
    const methods = new Set<string>();
    return addresses.map((address) => {
      const [method, url] = address.split(' ') as [RestMethod, string];
      const [path = '', decided = ''] = url.split('?');
      const isAlias = methods.has(method);
      methods.add(method);
      return {
        name: name as ProcedureName,
        method,
        path,
        params: [...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param!),
        fixed: Object.fromEntries([...new URLSearchParams(decided)].map(([field, value]) => [field, value === 'true'])),
        status: later ? 202 : makes && method === 'POST' ? 201 : 200,
        isAlias,
      };
    });
  });
}

/** The path as Fastify's router takes it: `/api/rooms/:roomId`. */
export function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
