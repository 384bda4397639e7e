import type { Settings } from '../../config/environment/environment.ts';
import { serversOf } from '../../fetch/client/address-guard.ts';
import type { createFetcher, Fetcher } from '../../fetch/fetch-source.ts';
import { userAgent } from '../../fetch/request-headers.ts';
import type { Clock } from '../../runtime/clock.ts';
import { version } from '../../runtime/version.ts';

/** Creates the server's fetcher for a URL on the command line. @param parts.create `createFetcher`, or that of a test. */
export function createOperatorFetcher(
  settings: Settings,
  url: string,
  parts: { readonly clock: Clock; readonly create: typeof createFetcher },
): Fetcher {
  return parts.create({
    clock: parts.clock,
    userAgent: userAgent(version, settings.contactUrl ?? settings.publicUrl),
    feedsDir: settings.feedsDir,
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    // The operator chose this address. Links and redirects are chosen by others, so they are not exempt.
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: serversOf([url]) },
    ownOrigins: settings.publicUrl === null ? [] : [new URL(settings.publicUrl).origin],
  });
}
