import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';

/** A key pair and a certificate, PEM, made on the spot so that no key lies in the repository and none runs out. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  readonly name: string;
  /** DNS names and IPv4 addresses that it is for; none makes it an authority. */
  readonly hosts?: readonly string[];
  /** Who signs; absent: it signs itself. */
  readonly issuer?: Certificate;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const oid = {
  commonName: Buffer.from([0x06, 3, 0x55, 0x04, 0x03]),
  ecdsaWithSha256: Buffer.from([0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]),
  basicConstraints: Buffer.from([0x06, 3, 0x55, 0x1d, 0x13]),
  subjectAltName: Buffer.from([0x06, 3, 0x55, 0x1d, 0x11]),
};

/** Makes an X.509 certificate (RFC 5280): node can read them but not write them. */
export function makeCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = nameOf(options.name);
  const issuer = options.issuer === undefined ? subject : issuerOf(options.issuer);
  const signer = options.issuer === undefined ? privateKey : createPrivateKey(options.issuer.key);
  const algorithm = der(0x30, oid.ecdsaWithSha256);
  const validity = der(0x30, time(options.notBefore ?? new Date(0)), time(options.notAfter ?? new Date('2099-12-31')));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    issuer,
    validity,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension(options.hosts ?? []))),
  );
  return { key: pemKey(privateKey), cert: pem(der(0x30, body, algorithm, bits(sign('sha256', body, signer)))) };
}

function extension(hosts: readonly string[]): Buffer {
  if (hosts.length === 0) {
    const critical = der(0x01, Buffer.from([0xff]));
    return der(0x30, oid.basicConstraints, critical, der(0x04, der(0x30, der(0x01, Buffer.from([0xff])))));
  }
  const names = hosts.map((host) => {
    const octets = host.split('.').map(Number);
    return octets.every((octet) => !Number.isNaN(octet))
      ? der(0x87, Buffer.from(octets))
      : der(0x82, Buffer.from(host));
  });
  return der(0x30, oid.subjectAltName, der(0x04, der(0x30, ...names)));
}

function nameOf(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid.commonName, der(0x0c, Buffer.from(name)))));
}

/** The issuer name in the certificates of this file. */
function issuerOf({ cert }: Certificate): Buffer {
  return nameOf(new X509Certificate(cert).subject.replace(/^CN=/, ''));
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`));
}

function bits(content: Buffer): Buffer {
  return der(0x03, Buffer.from([0]), content);
}

/** One value of DER: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
