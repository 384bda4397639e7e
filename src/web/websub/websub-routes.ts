import type { Hono } from 'hono';
import type { CallbackHandler } from '../../push/websub/callback-handler.ts';
import type { Hub } from '../../push/websub/websub-hub.ts';
import type { AppContext } from '../shared/app-context.ts';
import { callbackRoute } from './callback-route.ts';
import { hubRoute } from './hub-route.ts';
import { BodyBudget } from './request-body.ts';

/** Of bodies that are being received: eight of the largest pushes. */
const maxBodyBytes = 24 * 1024 * 1024;

/** What stands behind the addresses below `/websub`. */
export interface WebSubEndpoints {
  readonly hub: Pick<Hub, 'receive'>;
  readonly callbacks: CallbackHandler;
}

/** Where subscribers of ours ask, and where hubs of others push to. */
export function websubRoutes(
  app: Hono,
  { hub, callbacks }: WebSubEndpoints,
  { clientAddress }: Pick<AppContext, 'clientAddress'>,
): void {
  const budget = new BodyBudget(maxBodyBytes);
  hubRoute(app, { hub, budget, clientAddress });
  callbackRoute(app, callbacks, budget);
}
