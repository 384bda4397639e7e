import type { Settings } from '../../config/environment/environment.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { Clock } from '../../runtime/clock.ts';
import { createProbe, probeHeader, probePath, type SeenRequest } from '../../web/http/security/server-probe.ts';
import { addressKey } from '../../web/shared/client-address.ts';
import { localServerUrl } from '../shared/local-url.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const requestMs = 5000;
const maxBodyBytes = 64 * 1024;

/** What the checks of a running server use. */
export interface ServerParts {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Whether a process polls with the database. */
  readonly isPolling: boolean;
  /** The signing secret of the server; null: no server has started with the database yet. */
  readonly secret: string | null;
}

/** Whether the server answers, and whether proxy and PUBLIC_URL lead to it. */
export async function checkServer(parts: ServerParts): Promise<readonly Finding[]> {
  const { settings } = parts;
  if (!settings.roles.has('serve')) {
    return [parts.isPolling ? ok('server', 'a process polls with this database') : notRunning];
  }
  const url = localServerUrl(settings);
  const server = url === null ? null : await checkReadiness(url, parts.isPolling);
  return [...(server === null ? [] : [server]), ...(await checkPublicUrl(parts, server?.status === 'ok'))];
}

const notRunning = warning('server', 'no server is running with this database', 'Start it with "newswire serve"');

async function checkReadiness(url: string, isPolling: boolean): Promise<Finding> {
  const answer = await get(`${url}/readyz`);
  if (answer.kind === 'failed') {
    if (!isPolling) return notRunning;
    const remedy = 'Run the command with the environment of the server: HOST and PORT name its address';
    return failure('server', `a process polls with this database, but nothing answers at ${url}`, remedy);
  }
  const ready = answer.json as { readonly ready?: unknown; readonly message?: unknown } | null;
  if (typeof ready?.ready !== 'boolean') {
    return failure('server', `another program answers at ${url}`, 'Stop it, or set PORT to a free port');
  }
  if (ready.ready) return ok('server', `ready at ${url}`);
  const detail = typeof ready.message === 'string' ? cleanLine(ready.message, 300) : 'the database cannot be used';
  return failure('server', detail.replace(/\.$/, ''), 'Read the log of the server');
}

/** Asks the server through its public address how it sees the request. */
async function checkPublicUrl(
  { settings, secret, clock }: ServerParts,
  isRunning: boolean,
): Promise<readonly Finding[]> {
  const { publicUrl, host } = settings;
  if (publicUrl === null) {
    const detail = 'PUBLIC_URL is not set, so WebSub is off and absolute URLs name this machine';
    if (addressKey(host) === null) return [ok('public-url', detail)];
    return [warning('public-url', detail, 'Set PUBLIC_URL to the address that readers use')];
  }
  if (!isRunning || secret === null) return [ok('public-url', `${publicUrl}, not requested without a server`)];
  const answer = await get(`${publicUrl}${probePath}`, { [probeHeader]: createProbe(secret, clock.now()) });
  if (answer.kind === 'failed') {
    const remedy = 'Open it in a browser; check DNS, certificate and proxy';
    return [warning('public-url', `this machine cannot reach ${publicUrl} (${answer.reason})`, remedy)];
  }
  if (answer.location !== null) {
    const remedy = 'Set PUBLIC_URL to the address to which it redirects';
    return [failure('public-url', `${publicUrl} redirects to ${cleanLine(answer.location)}`, remedy)];
  }
  if (!isSeenRequest(answer.json)) {
    const remedy = 'Let the proxy pass all paths to this server, or correct PUBLIC_URL';
    return [failure('public-url', `another server answers at ${publicUrl} (HTTP ${answer.status})`, remedy)];
  }
  const problems = proxyProblems(answer.json, publicUrl);
  const client = cleanLine(answer.json.clientAddress);
  return problems.length > 0 ? problems : [ok('public-url', `${publicUrl} leads here; this machine is ${client}`)];
}

/** What is wrong between a client and the server, from what the server has received. */
function proxyProblems(seen: SeenRequest, publicUrl: string): readonly Finding[] {
  const address = cleanLine(seen.address);
  const problems: Finding[] = [];
  if (seen.publicUrl !== publicUrl) {
    const detail = `the server uses ${cleanLine(seen.publicUrl)}, this command ${publicUrl}`;
    problems.push(warning('public-url', detail, 'Run the command with the environment of the server'));
  }
  if (new URL(publicUrl).hostname !== URL.parse(`http://${seen.host}`)?.hostname) {
    const detail = `the proxy sends the Host ${cleanLine(seen.host)} instead of that of PUBLIC_URL`;
    problems.push(warning('public-url', detail, 'Let it pass the header; nginx: proxy_set_header Host $host'));
  }
  if (seen.hasForwardedFor && seen.clientAddress === seen.address) {
    const detail = `X-Forwarded-For of the proxy ${address} is ignored: all readers share one limit`;
    problems.push(warning('public-url', detail, `Set TRUSTED_PROXIES=${address}`));
  } else if (!seen.hasForwardedFor && publicUrl.startsWith('https:')) {
    const detail = `the proxy ${address} sends no X-Forwarded-For: all readers share one limit`;
    const remedy =
      'Let it send the header; nginx: proxy_set_header X-Forwarded-For $remote_addr. Then set TRUSTED_PROXIES';
    problems.push(warning('public-url', detail, remedy));
  }
  return problems;
}

function isSeenRequest(json: unknown): json is SeenRequest {
  const seen = json as Partial<Record<keyof SeenRequest, unknown>> | null;
  const texts = [seen?.version, seen?.address, seen?.clientAddress, seen?.host, seen?.publicUrl];
  return texts.every((text) => typeof text === 'string') && typeof seen?.hasForwardedFor === 'boolean';
}

type Answer =
  | { readonly kind: 'failed'; readonly reason: string }
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The target of a redirect. */
      readonly location: string | null;
      /** Null: the body is not JSON. */
      readonly json: unknown;
    };

/**
 * Requests an address that the operator has configured. Not through the guarded client, which refuses the addresses of
 * this server.
 */
async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(requestMs) });
    const isRedirect = response.status >= 300 && response.status < 400;
    return {
      kind: 'answered',
      status: response.status,
      location: isRedirect ? (response.headers.get('location') ?? '') : null,
      json: parseJson(await readStart(response)),
    };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

/** The beginning of a body: an unknown server may send anything. */
async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBodyBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The code of the system or of TLS, else the message. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error) return cleanLine('code' in cause ? String(cause.code) : cause.message);
  return cleanLine(String(cause));
}
