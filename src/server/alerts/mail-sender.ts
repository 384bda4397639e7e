import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import type { AlertReceiver } from '../../domain/alerts/alert.ts';
import { type ConfiguredHosts, createAddressGuard } from '../../fetch/client/address-guard.ts';
import { createConnector } from '../../fetch/client/connector.ts';
import { FetchError } from '../../fetch/client/fetch-error.ts';
import { defaultFetchLimits } from '../../fetch/client/fetch-limits.ts';
import { createResolver } from '../../fetch/client/resolver.ts';
import type { SendResult } from '../../push/alerts/alert-retry.ts';
import type { Clock } from '../../runtime/clock.ts';

const stepMs = 10_000;
const totalMs = 30_000;
/** Submission with STARTTLS, and submission over TLS (RFC 8314). */
const defaultPorts: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };
/** The guard refuses ports of other protocols, such as those of mail, to hosts that others may name. */
const allowedPort = 443;

/** One mail. */
interface Mail {
  readonly receiver: Extract<AlertReceiver, { type: 'email' }>;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** Equal for repeated attempts: the Message-ID is made of it. */
  readonly key: string;
}

/** Sends mails through the address guard. */
export interface MailSender {
  /** @throws the signal's reason when it is aborted. */
  send(mail: Mail, signal: AbortSignal): Promise<SendResult>;
}

/** The networks that a mail server may be in. */
export interface MailSenderParts {
  readonly clock: Clock;
  readonly allowPrivateNetworks: readonly string[];
  readonly configuredHosts: ConfiguredHosts;
  readonly ca?: readonly string[];
}

/** Creates a sender. Each mail has a connection of its own. */
export function createMailSender({ clock, allowPrivateNetworks, configuredHosts, ca }: MailSenderParts): MailSender {
  const guard = createAddressGuard({ allow: allowPrivateNetworks, configuredHosts });
  const connect = createConnector({
    guard: {
      ...guard,
      blockReason: (address, target) => guard.blockReason(address, { ...target, port: allowedPort }),
    },
    resolve: createResolver({ clock }),
    limits: defaultFetchLimits,
  });
  const open = (hostname: string, port: number): Promise<Socket> =>
    new Promise((resolve, reject) => {
      connect({ hostname, protocol: 'http:', port: String(port) }, (error, socket) => {
        if (error === null) resolve(socket);
        else reject(error);
      });
    });
  return { send: (mail, signal) => send(mail, { open, ca }, signal) };
}

interface Connection {
  open(hostname: string, port: number): Promise<Socket>;
  readonly ca: readonly string[] | undefined;
}

async function send(mail: Mail, { open, ca }: Connection, signal: AbortSignal): Promise<SendResult> {
  signal.throwIfAborted();
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(totalMs)]);
  const { url, login } = mail.receiver;
  const { protocol, hostname: bracketed, port: written } = new URL(url);
  const hostname = bracketed.replace(/^\[|\]$/g, '');
  const port = written === '' ? (defaultPorts[protocol] ?? 587) : Number(written);
  let socket: Socket | null = null;
  const abort = (): void => void socket?.destroy(new Error('the mail server did not answer in time'));
  deadline.addEventListener('abort', abort);
  try {
    socket = await open(hostname, port);
    const connection = socket;
    const transport = createTransport({
      ...{ host: hostname, port, secure: protocol === 'smtps:' },
      // A password is never sent without TLS.
      ...(login === null ? {} : { requireTLS: true, auth: { user: login.user, pass: login.password } }),
      ...{ greetingTimeout: stepMs, socketTimeout: stepMs, disableFileAccess: true, disableUrlAccess: true },
      tls: { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca: [...ca] }) },
      getSocket: (_options, callback) => callback(null, { connection }),
    });
    await transport.sendMail(toMessage(mail));
    return { kind: 'mailed' };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failed', detail: detailOf(error), status: statusOf(error) };
  } finally {
    deadline.removeEventListener('abort', abort);
    socket?.destroy();
  }
}

function toMessage({ receiver, subject, text, key }: Mail) {
  const { from, to } = receiver;
  const id = createHash('sha256').update(key).digest('base64url').slice(0, 27);
  return {
    ...{ from, to: [...to], subject, text },
    messageId: `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    // RFC 3834: no vacation notice answers.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function detailOf(error: unknown): string {
  if (error instanceof FetchError) return `${error.failure}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** The reply code of the mail server; null: it did not reply. */
function statusOf(error: unknown): number | null {
  const code = error instanceof Error && 'responseCode' in error ? error.responseCode : null;
  return typeof code === 'number' ? code : null;
}
