import { createServer } from 'node:net';

/** Whether a port is free. Any other reason why listening fails is left to the server to report. */
export async function isPortFree({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const probe = createServer();
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    probe.once('error', resolve);
    probe.listen(port, host, () => resolve(null));
  });
  // The port is free for the caller only after the probe has closed.
  await new Promise((resolve) => probe.close(resolve));
  return error?.code !== 'EADDRINUSE';
}
