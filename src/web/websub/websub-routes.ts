import type { Hono } from 'hono';
import type { WebSubEndpoints } from '../../push/websub/websub-hub.ts';
import type { AppContext } from '../shared/app-context.ts';
import { callbackRoute } from './callback-route.ts';
import { hubRoute } from './hub-route.ts';
import { BodyBudget } from './request-body.ts';

/** Of all bodies that are being received: eight pushes of the maximum size. */
const maxBodyBytes = 24 * 1024 * 1024;

/** The routes for subscribers of our hub, and for remote hubs. */
export function websubRoutes(
  app: Hono,
  { hub, callbacks }: WebSubEndpoints,
  { clientAddress }: Pick<AppContext, 'clientAddress'>,
): void {
  const budget = new BodyBudget(maxBodyBytes);
  hubRoute(app, { hub, budget, clientAddress });
  callbackRoute(app, callbacks, budget);
}
