import { readSettings } from '../../config/environment/environment.ts';
import { decodeText } from '../../config/files/decode-text.ts';
import { type OpmlOutline, readOpml } from '../../config/files/read-opml.ts';
import { noValidators } from '../../domain/polling/fetch-outcome.ts';
import { createFetcher } from '../../fetch/fetch-source.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type CliIo, CommandError } from '../shared/io.ts';
import { openTarget } from '../shared/parse-targets.ts';
import { failureOf } from './inspect.ts';
import { createOperatorFetcher } from './operator-fetcher.ts';
import { readSiteAddress } from './site-address.ts';

/** The size of OPML that is read: some 50,000 outlines. */
const maxBytes = 16 * 1024 * 1024;
const accept = 'text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1';

/**
 * Reads the outlines of an OPML document.
 *
 * @param input a file, or an http(s) URL, which is requested once, with the server's limits and address guard.
 * @throws CommandError when it cannot be read or is not OPML; ConfigError when the URL is invalid.
 */
export async function readOpmlInput(io: CliIo, input: string): Promise<readonly OpmlOutline[]> {
  const { name, body } = await (/^(?:https?|feed):/i.test(input) ? fetchDocument(io, input) : openDocument(input));
  const text = decodeText(body, { xml: true });
  if (text === null) throw new CommandError(`${name}: the document is not text in its encoding; save it as UTF-8`);
  const document = readOpml(text);
  if (document.kind === 'read') return document.outlines;
  const { line, what, remedy } = document;
  throw new CommandError(`${name}:${line}: ${what}. ${remedy}`);
}

interface InputDocument {
  /** For messages. */
  readonly name: string;
  readonly body: Uint8Array;
}

async function openDocument(file: string): Promise<InputDocument> {
  const opened = await openTarget({ file, path: file, contentType: null, url: '' }, maxBytes);
  if (opened.kind === 'closed') throw new CommandError(`${file}: ${opened.detail}`);
  return { name: file, body: opened.body };
}

async function fetchDocument(io: CliIo, input: string): Promise<InputDocument> {
  const settings = readSettings(io.env);
  const { url, authorization } = await readSiteAddress(
    input.replace(/^feed:(?:\/\/)?/i, 'https://'),
    settings.feedsDir,
  );
  const fetcher = createOperatorFetcher(settings, url, { clock: systemClock, create: createFetcher });
  try {
    const headers = { accept, ...(authorization === null ? {} : { Authorization: authorization }) };
    const outcome = await fetcher.fetchSource(
      { url, headers, validators: noValidators, bodyHash: null },
      new AbortController().signal,
    );
    if (outcome.kind !== 'fresh') throw new CommandError(`${url}: ${failureOf(outcome).detail}`);
    if (outcome.body.length <= maxBytes) return { name: url, body: outcome.body };
    throw new CommandError(`${url}: the document exceeds ${maxBytes / 1024 / 1024} MB`);
  } finally {
    await fetcher.close();
  }
}
