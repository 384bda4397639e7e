// The baseline of serving: @hono/node-server and a handler that returns bytes from memory. Usage: node
// bench/bare-server.ts FILE, with the responses by path as JSON; prints its port.
import { readFileSync } from 'node:fs';
import { serve } from '@hono/node-server';

/** A response; the body in base64. */
export interface BareAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const file = process.argv[2];
if (file !== undefined) {
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, BareAnswer>>;
  const answers = new Map(
    Object.entries(recorded).map(([path, { status, headers, body }]) => {
      return [path, { bytes: status === 304 ? null : Buffer.from(body, 'base64'), init: { status, headers } }];
    }),
  );
  serve(
    {
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => {
        const answer = answers.get(new URL(request.url).pathname);
        return answer === undefined ? new Response(null, { status: 404 }) : new Response(answer.bytes, answer.init);
      },
    },
    ({ port }) => process.stdout.write(`${port}\n`),
  );
}
