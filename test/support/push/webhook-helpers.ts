import { everything, type Filter } from '../../../src/domain/events/filter.ts';
import type { Webhook, WebhookState } from '../../../src/domain/events/webhook.ts';

/** A declared webhook of example.org. */
export function makeWebhook(over: Partial<Omit<Webhook, 'filter'>> & { filter?: Partial<Filter> } = {}): Webhook {
  return {
    id: 'hook',
    formerId: null,
    url: 'https://example.org/hook',
    hidden: null,
    secrets: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`],
    declaredAt: 'a.yaml:1',
    ...over,
    filter: { ...everything, ...over.filter },
  };
}

/** The state of a webhook at `seq` without failures. */
export function makeState(seq: number, over: Partial<WebhookState> = {}): WebhookState {
  return {
    id: 'hook',
    url: 'https://example.org/hook',
    epoch: 'e1',
    seq,
    announcedSeq: seq,
    failures: 0,
    firstFailedMs: null,
    nextAttemptMs: 0,
    pausedMs: null,
    lastOutcome: null,
    lastStatus: null,
    lastDetail: null,
    lastAttemptMs: null,
    lastSuccessMs: null,
    delivered: 0,
    removedMs: null,
    ...over,
  };
}
