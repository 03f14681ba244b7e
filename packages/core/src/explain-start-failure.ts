import { AppError, EnvError } from '@parley/contracts';
import { BackupError, DataDirectoryEmptyError, refusesWrites } from '@parley/db';

/** Prints why the process could not start, in one line (or one line for each wrong variable), and ends it with code 1. */
export function explainStartFailure(error: unknown): void {
  process.stderr.write(`${reason(error)}\n`);
  process.exit(1);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof EnvError || error instanceof DataDirectoryEmptyError || error instanceof BackupError || AppError.is(error))
    return error.message;
  if (refusesWrites(error)) return 'Could not start: the database takes no writes. Its disk is full, or it is read-only.';
  const { code, port, address, hostname } = error as NodeJS.ErrnoException & { port?: number; address?: string; hostname?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${address} is in use. Stop what is using it, or set PORT to another.`;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EROFS':
      return unusablePath(error);
    case 'EACCES':
    case 'EPERM':
      return port === undefined ? unusablePath(error) : `Port ${port} needs more rights than this user has. Set PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
      return `${address} is no address of this machine. Set HOST to one that is.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `“${hostname ?? address}” is no name of a machine that is known here. Set HOST, or the server's address, to one that is.`;
    default:
      // Print only the first line: Prisma and others add a page of details.
      return `Could not start: ${error.message.split('\n').find((line) => line.trim() !== '') ?? error.name}`;
  }
}

function unusablePath(error: NodeJS.ErrnoException): string {
  return `${error.path ?? 'A file'} cannot be used (${error.code}). Make it a directory that this user may write to, or set DATA_DIR to another.`;
}
