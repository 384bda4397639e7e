import type { Settings } from '../../config/environment/environment.ts';
import type { Alert, AlertReceiver } from '../../domain/alerts/alert.ts';
import { assertNever } from '../../domain/assert-never.ts';
import { maskText } from '../../domain/masking.ts';
import { createHttpClient, type HttpClient } from '../../fetch/client/http-client.ts';
import { retryAfter } from '../../fetch/http-freshness.ts';
import { userAgent } from '../../fetch/request-headers.ts';
import { type AlertMessage, formatAlert } from '../../push/alerts/alert-formats.ts';
import type { SendResult } from '../../push/alerts/alert-retry.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { Clock } from '../../runtime/clock.ts';
import { version } from '../../runtime/version.ts';
import { createMailSender, type MailSender } from './mail-sender.ts';

/** Short: a chat answers at once. */
const limits = { totalMs: 15_000, headersMs: 10_000 };

/** Sends alerts through the address guard. */
export interface AlertSender {
  /**
   * Sends one alert once. Whatever the receiver does is a value.
   *
   * @throws the signal's reason when it is aborted.
   */
  send(receiver: AlertReceiver, alert: Alert, signal: AbortSignal): Promise<SendResult>;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Dependencies of a sender. */
export interface AlertSenderParts {
  readonly settings: Pick<Settings, 'allowPrivateNetworks' | 'allowPrivateNetworksForAll' | 'contactUrl' | 'publicUrl'>;
  readonly clock: Clock;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** Certificate authorities in addition to the built-in ones, PEM. */
  readonly ca?: readonly string[];
}

/** Creates a sender. It requests declared addresses only, and does not follow redirects. */
export function createAlertSender(parts: AlertSenderParts): AlertSender {
  const { settings, clock, ca } = parts;
  const clients = new Map<string, HttpClient>();
  const network = {
    clock,
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: () => true },
    ...(ca === undefined ? {} : { ca }),
  };
  // A client has one connection to an origin. Each receiver has its own client, so that none waits for another.
  const clientOf = (id: string): HttpClient => {
    const ownOrigins = [new URL(parts.publicUrl).origin];
    const client = clients.get(id) ?? createHttpClient({ ...network, limits, ownOrigins });
    clients.set(id, client);
    return client;
  };
  const agent = userAgent(version, settings.contactUrl ?? settings.publicUrl);
  const mail = createMailSender(network);
  return {
    async send(receiver, alert, signal) {
      const message = formatAlert(receiver, alert, { nowMs: clock.now() });
      const result = await sendMessage({ clientOf, agent, clock, mail }, { receiver, alert, message }, signal);
      return result.kind === 'failed' ? { ...result, detail: withoutSecrets(result.detail, receiver) } : result;
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

interface Transports {
  clientOf(id: string): HttpClient;
  readonly agent: string;
  readonly clock: Clock;
  readonly mail: MailSender;
}

interface Sending {
  readonly receiver: AlertReceiver;
  readonly alert: Alert;
  readonly message: AlertMessage;
}

async function sendMessage(
  { clientOf, agent, clock, mail }: Transports,
  { receiver, alert, message }: Sending,
  signal: AbortSignal,
): Promise<SendResult> {
  switch (message.kind) {
    case 'invalid':
      return { kind: 'failed', detail: message.detail, status: null };
    case 'mail':
      if (receiver.type !== 'email') throw new Error(`a mail for the receiver ${receiver.id} of type ${receiver.type}`);
      return mail.send({ receiver, ...message, key: `${receiver.id} ${alert.atMs}` }, signal);
    case 'http': {
      const client = clientOf(receiver.id);
      const { method, url, body } = message;
      const headers = { ...message.headers, 'user-agent': agent };
      const response = await client.request({ method, url, headers, body, needsBody: () => false }, signal);
      const { status } = response;
      if (response.kind === 'failed')
        return { kind: 'failed', detail: `${response.failure}: ${response.detail}`, status };
      const { ms } = retryAfter(response.headers, clock.now(), client.limits.maxRetryAfterMs);
      return { kind: 'answered', status: response.status, retryAfterMs: ms };
    }
    default:
      return assertNever(message);
  }
}

/** Masks the secret parts of the address and the credentials: a mail server may repeat them. */
function withoutSecrets(detail: string, receiver: AlertReceiver): string {
  const masked = maskText(detail, receiver.hidden);
  const secrets = credentialsOf(receiver);
  return cleanLine(secrets.length === 0 ? masked : maskText(masked, { url: '', secrets }), 300);
}

function credentialsOf(receiver: AlertReceiver): readonly string[] {
  if (receiver.type === 'email') return receiver.login === null ? [] : [receiver.login.password];
  if (receiver.type === 'ntfy' || receiver.type === 'matrix') return receiver.token === null ? [] : [receiver.token];
  return receiver.type === 'json' ? receiver.secrets : [];
}
