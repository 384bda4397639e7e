import { createServer } from 'node:net';

/** Whether nobody listens at an address yet. Any other reason not to listen there is left for the server to tell. */
export async function isPortFree({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const probe = createServer();
  const refusal = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    probe.once('error', resolve);
    probe.listen(port, host, () => resolve(null));
  });
  // Only when it is closed is the port free again for the one who asked.
  await new Promise((resolve) => probe.close(resolve));
  return refusal?.code !== 'EADDRINUSE';
}
