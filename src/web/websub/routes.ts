import type { Hono } from 'hono';
import type { Callbacks } from '../../push/websub/callback.ts';
import type { Hub } from '../../push/websub/hub.ts';
import { callbackRoute } from './callback-route.ts';
import { hubRoute } from './hub-route.ts';

/** What stands behind the addresses below `/websub`. */
export interface WebsubDesk {
  readonly hub: Pick<Hub, 'receive'>;
  readonly callbacks: Callbacks;
}

/** Where subscribers of ours ask, and where hubs of others push to. */
export function websubRoutes(app: Hono, desk: WebsubDesk): void {
  hubRoute(app, desk.hub);
  callbackRoute(app, desk.callbacks);
}
