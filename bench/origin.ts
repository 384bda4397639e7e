// A local origin for benchmarks, in a process of its own. It has many loopback addresses, so that rate limits for one host
// do not dominate the time. Usage: node bench/origin.ts ADDRESSES SOURCES ITEMS; prints its port.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

const [addresses = 250, sources = 1000, items = 30] = process.argv.slice(2).map(Number);

const sentence = 'The council met the lock keepers again and reported what the season had brought to the upper basin. ';

function documentOf(source: number): string {
  const list = Array.from({ length: items }, (_, index) => {
    const path = `https://news-${source}.example.org/stories/${index}`;
    const date = new Date(Date.UTC(2026, 0, 1 + (index % 28), source % 24, index % 60)).toUTCString();
    const body = `<p>${sentence.repeat(6)}</p><p><a href="${path}/more">More of story ${index}</a> at source ${source}.</p>`;
    return `<item><title>Story ${index} of source ${source}</title><link>${path}</link><guid>${path}</guid><pubDate>${date}</pubDate><category>Water</category><description><![CDATA[${body}]]></description></item>`;
  });
  const head = `<title>Source ${source}</title><link>https://news-${source}.example.org/</link><description>made for a benchmark</description>`;
  return `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>${head}${list.join('')}</channel></rss>`;
}

const bodies = Array.from({ length: sources }, (_, source) => Buffer.from(documentOf(source)));

const answer: RequestListener = (request, response) => {
  const source = Number(/\/(\d+)\.xml/.exec(request.url ?? '')?.[1] ?? -1);
  const body = bodies[source];
  if (body === undefined) return void response.writeHead(404).end();
  const etag = `"s${source}"`;
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
  response.writeHead(200, { 'content-type': 'application/rss+xml', etag, 'content-length': body.length }).end(body);
};

/** Listens on one address. The first one chooses the port of all. */
function listen(address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer(answer);
    server.once('error', reject);
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}

const port = await listen('127.1.0.1', 0);
for (let index = 1; index < addresses; index += 1) await listen(`127.1.0.${index + 1}`, port);
process.stdout.write(`${port}\n`);
