import { type Alert, type AlertReceiver, alertKinds } from '../../../src/domain/alerts/alert.ts';

/** Monday, 5 January 2026, 12:00 UTC. */
export const alertNoon = Date.UTC(2026, 0, 5, 12);

/** A secret as the operator declares it. */
export const alertSecret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

/** An alert that one source fails. */
export function anAlert(over: Partial<Alert> = {}): Alert {
  return {
    kind: 'failing',
    state: 'started',
    title: 'Example World cannot be read',
    reason: 'connect_error: www.example.org refuses connections on port 443',
    remedy: 'Open the address in a browser',
    link: 'https://news.example.org/sources/world',
    sinceMs: alertNoon - 45 * 60_000,
    atMs: alertNoon,
    sources: [{ id: 'world', title: 'Example World' }],
    sourceCount: 1,
    ...over,
  };
}

/** What all receivers have. */
export function receiverBase(id: string, url: string) {
  return { id, url, hidden: null, on: alertKinds, declaredAt: 'alerts.yaml:2' } as const;
}

/** A receiver of the type `json`. */
export function aReceiver(id = 'ops', url = 'https://example.org/hooks/alerts'): AlertReceiver {
  return { ...receiverBase(id, url), type: 'json', secrets: [alertSecret] };
}
