import { afterAll, afterEach } from 'vitest';

/** What WebSub asks of a publisher, a hub and a subscriber, in one line each. */
export const websubCases: Readonly<Record<string, string>> = {
  P1: 'implements a discovery mechanism',
  P2: 'names a hub and exactly one self in Link',
  P3: 'names both in XML feeds, HTML heads and JSON Feed too',
  P4: 'gives each representation a self of its own',
  P5: 'informs the hub when a topic changes',
  P6: 'redirects an old topic to the new one for good',
  P7: 'has one canonical self, the same in header and body, GET and HEAD',
  P8: 'gives a filtered feed a self of its own and no hub',
  P9: 'changes the validators when the content changes',
  H1: 'takes callback, mode, topic and secret as a form',
  H2: 'answers 202 whatever verification will come to',
  H3: 'refuses a bad request with a reason in plain text',
  H4: 'ignores parameters that it does not know',
  H5: 'verifies with mode, topic, challenge and lease',
  H6: 'takes 2xx with the very challenge for a yes, all else for a no',
  H7: 'makes a fresh random challenge each time',
  H8: 'keeps the query of the callback',
  H9: 'overrides a subscription only after verification',
  H10: 'verifies an unsubscription as well',
  H11: 'tells a denial, also at a later time',
  H12: 'may send subscribers on to another hub',
  H13: 'ends a subscription with its lease',
  H14: 'measures the lease from the verification request',
  H15: 'delivers the full content under the topic’s own type',
  H16: 'delivers with one Link header of hub and self',
  H17: 'signs with the secret, and only then',
  H18: 'takes 2xx alone for success and follows no redirect',
  H19: 'ends a subscription on 410',
  H20: 'tries again within limits and keeps the subscription',
  H21: 'takes its own topics only',
  H22: 'reaches no address that is not public',
  H23: 'cannot be used to flood a host',
  H24: 'queues one delivery a subscription, the newest',
  H25: 'sends nothing for content that did not change',
  H26: 'delivers at least once over a kill',
  H27: 'neither logs nor shows a secret',
  H28: 'delivers the present document to a new subscription',
  S1: 'discovers by header first, then in the document',
  S2: 'reads links in every form',
  S3: 'subscribes to the discovered self',
  S4: 'sends a form in UTF-8',
  S5: 'follows redirects of a topic in discovery',
  S6: 'follows a hub’s 307 and 308 with the same POST',
  S7: 'gives each subscription a callback that nobody guesses',
  S8: 'sends a secret over https only',
  S9: 'confirms what it asked for, and nothing else',
  S10: 'can be verified inside its own request',
  S11: 'renews before the lease ends',
  S12: 'acknowledges a push at once',
  S13: 'ignores what is not signed as agreed',
  S14: 'checks signatures on raw bytes by all four methods',
  S15: 'knows a subscription by its callback alone',
  S16: 'never redirects a hub',
  S17: 'answers 410 for a dropped subscription',
  S18: 'takes a denial for an answer',
  S19: 'bounds what is pushed, and takes an empty push for a ping',
  S20: 'takes a push for part of a document',
  S21: 'polls on, and no push postpones a poll',
  S22: 'reads once more soon after it subscribed',
  S23: 'counts who was first, and trusts accordingly',
  S24: 'follows a source that changes its hubs',
  S25: 'backs off from a hub that fails, in one log line',
  S26: 'is off without a public address',
  S27: 'stores pushed items as polled ones, each once',
};

/** The rows that a test's title begins with: `H9 keeps …`, `S13, S14 …`. */
export function casesOfTitle(title: string): string[] {
  const [labels = ''] = /^(?:[PHS]\d{1,2}(?:, | ))+/.exec(title) ?? [];
  return labels.match(/[PHS]\d{1,2}/g) ?? [];
}

/** Prints, when the tests of this file have run, what they came to row by row. */
export function printCaseResults(): void {
  const results = new Map<string, string[]>();
  afterEach(({ task }) => {
    for (const row of casesOfTitle(task.name)) {
      results.set(row, [...(results.get(row) ?? []), task.result?.state ?? 'pass']);
    }
  });
  afterAll(() => {
    const lines = Object.entries(websubCases)
      .filter(([row]) => results.has(row))
      .map(([row, requirement]) => {
        const states = results.get(row) ?? [];
        const failed = states.filter((state) => state === 'fail').length;
        return `${row.padEnd(4)} ${requirement.padEnd(66)} ${failed === 0 ? `${states.length} passed` : `${failed} FAILED`}`;
      });
    if (lines.length > 0) process.stdout.write(`\nWebSub, row by row\n${lines.join('\n')}\n`);
  });
}
