import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** A mail that was accepted. */
interface ReceivedMail {
  readonly from: string;
  readonly recipients: readonly string[];
  /** Headers, an empty line and the text, with CRLF. */
  readonly data: string;
  readonly isEncrypted: boolean;
  /** User name and password of AUTH PLAIN; null: no login. */
  readonly login: string | null;
}

/** Behaviour of the mail server. */
export interface MailServerOptions {
  /** Offers STARTTLS, or speaks TLS from the start. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly mode: 'starttls' | 'implicit' };
  /** The answer to RCPT TO; 250 by default. */
  readonly recipientReply?: string;
  /** Sends no greeting. */
  readonly isSilent?: boolean;
}

/** A mail server on loopback that speaks enough SMTP for one mail in each connection. */
export interface MailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  readonly connections: number;
  close(): Promise<void>;
}

/** Starts a mail server. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    if (options.isSilent === true) return;
    const session = new Session(options, (mail) => mails.push(mail));
    if (options.tls?.mode === 'implicit') session.serve(encrypted(socket, options.tls), true, true);
    else session.serve(socket, false, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    get connections() {
      return connections;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function encrypted(socket: Socket, tls: { readonly key: string; readonly cert: string }): TLSSocket {
  const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) });
  secure.on('error', () => socket.destroy());
  return secure;
}

class Session {
  readonly #options: MailServerOptions;
  readonly #accept: (mail: ReceivedMail) => void;
  #from = '';
  #recipients: string[] = [];
  #login: string | null = null;

  constructor(options: MailServerOptions, accept: (mail: ReceivedMail) => void) {
    this.#options = options;
    this.#accept = accept;
  }

  serve(socket: Socket, isEncrypted: boolean, greets: boolean): void {
    let buffer = '';
    let isData = false;
    const onData = (chunk: Buffer): void => {
      buffer += chunk.toString('latin1');
      for (;;) {
        const end = buffer.indexOf(isData ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + (isData ? 5 : 2));
        if (isData) {
          isData = false;
          const [from, recipients, login] = [this.#from, this.#recipients, this.#login];
          this.#accept({ from, recipients, login, data: line, isEncrypted });
          socket.write('250 accepted\r\n');
        } else if (/^STARTTLS$/i.test(line) && this.#options.tls?.mode === 'starttls') {
          socket.off('data', onData);
          socket.write('220 go ahead\r\n', () => {
            if (this.#options.tls !== undefined) this.serve(encrypted(socket, this.#options.tls), true, false);
          });
          return;
        } else {
          isData = /^DATA$/i.test(line);
          socket.write(this.#reply(line, isEncrypted));
          if (/^QUIT$/i.test(line)) socket.end();
        }
      }
    };
    socket.on('data', onData);
    if (greets) socket.write('220 mail.example.org ESMTP\r\n');
  }

  #reply(line: string, isEncrypted: boolean): string {
    const [verb = '', ...rest] = line.split(/[ :]+/);
    switch (verb.toUpperCase()) {
      case 'EHLO': {
        const offers = this.#options.tls?.mode === 'starttls' && !isEncrypted ? '250-STARTTLS\r\n' : '';
        return `250-mail.example.org\r\n${offers}250 AUTH PLAIN\r\n`;
      }
      case 'AUTH':
        this.#login = Buffer.from(rest[1] ?? '', 'base64')
          .toString()
          .replaceAll('\0', ' ')
          .trim();
        return this.#login.endsWith('wrong') ? `535 bad password for ${this.#login}\r\n` : '235 welcome\r\n';
      case 'MAIL':
        this.#from = /<([^>]*)>/.exec(line)?.[1] ?? '';
        return '250 ok\r\n';
      case 'RCPT':
        this.#recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
        return `${this.#options.recipientReply ?? '250 ok'}\r\n`;
      case 'DATA':
        return '354 send it\r\n';
      case 'STARTTLS':
        return '502 not supported\r\n';
      case 'QUIT':
        return '221 bye\r\n';
      default:
        return '250 ok\r\n';
    }
  }
}
