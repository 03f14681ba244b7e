import type { RoomView } from '@parley/contracts';
import type { ParleyClient } from './types.js';

/**
 * Calls one of the server's plain HTTP addresses with the access token of whoever is signed in. Rejects with an Error whose
 * `data.appCode` is the code, as a procedure's call does, or with what `fetch` rejects with.
 */
async function callHttp({ auth }: ParleyClient, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${await auth.freshToken()}` } });
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as { error?: { message?: string; data?: { appCode?: string } } } | null;
  throw Object.assign(new Error(body?.error?.message ?? response.statusText), { data: body?.error?.data ?? null });
}

/** Fetches a file and hands it to the browser to save. */
export async function downloadFile(client: ParleyClient, path: string, name: string): Promise<void> {
  saveFile(await (await callHttp(client, path)).blob(), name);
}

/** Hands a file to the browser to save. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read the blob a moment after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Makes a room that the signed-in person owns, from the file of an exported room. */
export async function importRoom(client: ParleyClient, file: Blob): Promise<{ room: RoomView; messages: number }> {
  const response = await callHttp(client, '/api/rooms/import', {
    method: 'POST',
    body: file,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  return (await response.json()) as { room: RoomView; messages: number };
}
