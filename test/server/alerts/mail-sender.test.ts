import { afterEach, describe, expect, it } from 'vitest';
import type { AlertReceiver } from '../../../src/domain/alerts/alert.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { type AlertSender, createAlertSender } from '../../../src/server/alerts/alert-sender.ts';
import { makeCertificate } from '../../fetch/certificates.ts';
import { anAlert, receiverBase } from '../../push/alerts/alert-samples.ts';
import { type MailServer, type MailServerOptions, startMailServer } from '../../support/mail-server.ts';

const authority = makeCertificate({ name: 'Test authority' });
const certificate = makeCertificate({ name: 'mail', hosts: ['127.0.0.1'], issuer: authority });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function prepare(
  options: MailServerOptions = {},
  networks: readonly string[] = ['127.0.0.0/8'],
): Promise<{ server: MailServer; sender: AlertSender }> {
  const server = await startMailServer(options);
  cleanups.push(() => server.close());
  const settings = {
    allowPrivateNetworks: networks,
    allowPrivateNetworksForAll: [],
    contactUrl: null,
    publicUrl: null,
  };
  const parts = { settings, clock: systemClock, publicUrl: 'https://news.example.org', ca: [authority.cert] };
  const sender = createAlertSender(parts);
  cleanups.push(() => sender.close());
  return { server, sender };
}

type MailReceiver = Extract<AlertReceiver, { type: 'email' }>;

function receiverAt(server: MailServer, over: Partial<MailReceiver> = {}, protocol = 'smtp'): AlertReceiver {
  const base = receiverBase('mail', `${protocol}://127.0.0.1:${server.port}`);
  const to = ['ops@example.org', 'chief@example.com'];
  return { ...base, type: 'email', from: 'newswire@example.org', to, login: null, ...over };
}

const signal = new AbortController().signal;

describe('an alert by e-mail', () => {
  it('is sent to all recipients, with an id that repeated attempts share', async () => {
    const { server, sender } = await prepare();
    const receiver = receiverAt(server);
    expect(await sender.send(receiver, anAlert(), signal)).toEqual({ kind: 'mailed' });
    expect(await sender.send(receiver, anAlert(), signal)).toEqual({ kind: 'mailed' });
    const [first, second] = server.mails;
    expect(first).toMatchObject({
      ...{ from: 'newswire@example.org', recipients: ['ops@example.org', 'chief@example.com'], login: null },
    });
    expect(first?.data).toContain('Subject: [Newswire] Example World cannot be read\r\n');
    expect(first?.data).toContain('Auto-Submitted: auto-generated\r\n');
    expect(first?.data).toContain('https://news.example.org/sources/world');
    const idOf = (data = ''): string | undefined => /^Message-ID: (.*)$/im.exec(data)?.[1];
    expect(idOf(first?.data)).toMatch(/^<[\w-]{27}@example\.org>/);
    expect(idOf(second?.data)).toBe(idOf(first?.data));
  });

  it('has no other header or recipient, whatever the text of a publisher is', async () => {
    const { server, sender } = await prepare();
    const title = 'News\r\nBcc: evil@example.com\r\n\r\n<script>x</script> ünïcode \u{1f4f0}';
    const reason = 'a\r\n.\r\nMAIL FROM:<evil@example.com>\r\n';
    expect(await sender.send(receiverAt(server), anAlert({ title, reason }), signal)).toEqual({ kind: 'mailed' });
    expect(server.mails).toHaveLength(1);
    const [headers = ''] = server.mails[0]?.data.split('\r\n\r\n') ?? [];
    expect(headers).not.toMatch(/^Bcc/im);
    expect(server.mails[0]?.recipients).toEqual(['ops@example.org', 'chief@example.com']);
  });

  it('is encrypted with STARTTLS before the password is sent', async () => {
    const { server, sender } = await prepare({ tls: { ...certificate, mode: 'starttls' } });
    const receiver = receiverAt(server, { login: { user: 'newswire', password: 'pass word' } });
    expect(await sender.send(receiver, anAlert(), signal)).toEqual({ kind: 'mailed' });
    expect(server.mails).toMatchObject([{ isEncrypted: true, login: 'newswire pass word' }]);
  });

  it('is encrypted from the start with smtps', async () => {
    const { server, sender } = await prepare({ tls: { ...certificate, mode: 'implicit' } });
    expect(await sender.send(receiverAt(server, {}, 'smtps'), anAlert(), signal)).toEqual({ kind: 'mailed' });
    expect(server.mails).toMatchObject([{ isEncrypted: true }]);
  });

  it('is not sent without TLS if there is a password, nor to a server with another certificate', async () => {
    const plain = await prepare();
    const receiver = receiverAt(plain.server, { login: { user: 'n', password: 'secret-1' } });
    expect(await plain.sender.send(receiver, anAlert(), signal)).toMatchObject({ kind: 'failed' });
    expect(plain.server.mails).toEqual([]);
    const other = makeCertificate({ name: 'mail', hosts: ['127.0.0.1'] });
    const { server, sender } = await prepare({ tls: { ...other, mode: 'implicit' } });
    expect(await sender.send(receiverAt(server, {}, 'smtps'), anAlert(), signal)).toMatchObject({ kind: 'failed' });
    expect(server.mails).toEqual([]);
  });

  it('fails with the reply of the server, without the password', async () => {
    const { server, sender } = await prepare({ tls: { ...certificate, mode: 'starttls' } });
    const receiver = receiverAt(server, { login: { user: 'n', password: 'secret-and-wrong' } });
    const result = await sender.send(receiver, anAlert(), signal);
    expect(result).toMatchObject({ kind: 'failed', status: 535 });
    expect(JSON.stringify(result)).toContain('bad password for n ***');
  });

  it('fails when a server refuses the recipients', async () => {
    const { server, sender } = await prepare({ recipientReply: '550 no such user' });
    expect(await sender.send(receiverAt(server), anAlert(), signal)).toMatchObject({ kind: 'failed', status: 550 });
  });

  it('is not sent to a private address that is not allowed, and may use a port of mail', async () => {
    const { server, sender } = await prepare({}, []);
    const result = await sender.send(receiverAt(server), anAlert(), signal);
    expect(result).toMatchObject({ kind: 'failed', detail: expect.stringMatching(/^blocked_address: /) });
    expect(server.connections).toBe(0);
  });

  it('ends when the server stops while a mail server does not answer', async () => {
    const { server, sender } = await prepare({ isSilent: true });
    const stopping = new AbortController();
    const sending = sender.send(receiverAt(server), anAlert(), stopping.signal);
    const ended = expect(sending).rejects.toThrow('stopping');
    await new Promise((resolve) => setTimeout(resolve, 50));
    stopping.abort(new Error('stopping'));
    await ended;
  });
});
