import { ConfigError } from '../domain/config-error.ts';

/** What the system calls its refusals to listen, in the operator's words. */
const refusals: Readonly<Record<string, { where: string; what: string; remedy: string }>> = {
  EADDRINUSE: {
    where: 'PORT',
    what: 'another program listens there already',
    remedy: 'Stop it, set PORT to another number, or to 0 for any that is free',
  },
  EACCES: {
    where: 'PORT',
    what: 'this user may not listen there',
    remedy: 'Set PORT to a number above 1023 and put a reverse proxy before it',
  },
  EADDRNOTAVAIL: {
    where: 'HOST',
    what: 'this machine does not have that address',
    remedy: 'Set HOST to an address of this machine, like 127.0.0.1 or 0.0.0.0',
  },
  ENOTFOUND: {
    where: 'HOST',
    what: 'no address is known by that name',
    remedy: 'Set HOST to an address of this machine, like 127.0.0.1 or 0.0.0.0',
  },
};

/** Runs something that listens; a refusal of the system to let it becomes a mistake in the configuration. */
export async function explainListenErrors<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const refusal = isListenError(error) ? refusals[error.code] : undefined;
    throw refusal === undefined ? error : new ConfigError([refusal]);
  }
}

/** Whether this is the system saying that somebody else listens there. */
export function isPortTaken(error: unknown): boolean {
  return isListenError(error) && error.code === 'EADDRINUSE';
}

function isListenError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return false;
  return error.syscall === 'listen' || error.syscall === 'getaddrinfo';
}
