/** A database as it may be shown: its address without a password. */
export function databaseName(url: string): string {
  // By hand, because `URL` refuses an address whose host is a folder with a socket.
  const [, server = '', database = ''] = /^[a-z]+:\/\/([^/?]*)(\/[^?]*)?/.exec(url) ?? [];
  return `${server.slice(server.lastIndexOf('@') + 1)}${database}`;
}
