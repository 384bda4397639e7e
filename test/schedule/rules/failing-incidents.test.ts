import { describe, expect, it } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../../src/domain/durations.ts';
import {
  type FailingChange,
  type FailingFacts,
  type FailingIncident,
  nextFailingIncidents,
  type PolledSource,
} from '../../../src/schedule/rules/failing-incidents.ts';

const startMs = Date.UTC(2026, 0, 5);

function aSource(id: string, over: Partial<PolledSource> = {}): PolledSource {
  return {
    ...{ id, title: id, host: 'news.example.org', failures: 0, firstFailedMs: null },
    ...{ outcome: 'fresh', failure: null, status: 200, detail: null },
    ...{ lastAttemptMs: startMs, lastSuccessMs: startMs, isGone: false },
    ...over,
  };
}

/** A source whose polls have failed since a minute after the start. */
function failing(id: string, failures: number, over: Partial<PolledSource> = {}): PolledSource {
  return aSource(id, {
    ...{ failures, outcome: 'failed', failure: 'connect_error', status: null, detail: 'refused' },
    ...{ firstFailedMs: startMs + minuteMs, lastAttemptMs: startMs + failures * minuteMs },
    ...over,
  });
}

/** Evaluations one after another, with the problems stored as the server does. */
class Monitor {
  known: FailingIncident[] = [];
  #nextId = 1;

  evaluate(sources: readonly PolledSource[], over: Partial<FailingFacts> = {}): string[] {
    const nowMs = over.nowMs ?? startMs + 10 * minuteMs;
    const facts = { sources, networkDownSinceMs: null, ...over, nowMs };
    const changes = nextFailingIncidents(this.known, facts);
    for (const change of changes) this.#apply(change, nowMs);
    // Evaluating again changes nothing.
    expect(nextFailingIncidents(this.known, facts)).toEqual([]);
    return changes.flatMap(describeChange);
  }

  #apply(change: FailingChange, nowMs: number): void {
    if (change.kind === 'open') {
      const { host, sinceMs, detail } = change;
      this.known.push({ id: this.#nextId, host, sinceMs, endedMs: null, detail });
      this.#nextId += 1;
      return;
    }
    const id = change.kind === 'close' ? change.incident.id : change.id;
    this.known = this.known.map((one) => {
      if (one.id !== id) return one;
      return change.kind === 'close' ? { ...one, endedMs: nowMs } : { ...one, detail: change.detail };
    });
  }
}

function describeChange(change: FailingChange): string[] {
  if (change.kind === 'open') return [`failing ${change.host} ${change.detail.members.length}`];
  if (change.kind === 'close') return change.isReported ? [`recovered ${change.incident.host}`] : ['forgotten'];
  return [];
}

const many = (count: number, make: (id: string, index: number) => PolledSource): PolledSource[] =>
  Array.from({ length: count }, (_, index) => make(`s${index}`, index));

describe('failing sources', () => {
  it('are reported after three failed polls in a row, and once', () => {
    const monitor = new Monitor();
    expect(monitor.evaluate([failing('a', 2)])).toEqual([]);
    expect(monitor.evaluate([failing('a', 3)])).toEqual(['failing news.example.org 1']);
    expect(monitor.evaluate([failing('a', 4)])).toEqual([]);
    expect(monitor.evaluate([aSource('a')])).toEqual(['recovered news.example.org']);
    expect(monitor.evaluate([aSource('a')])).toEqual([]);
  });

  it('are reported after six hours of failing, however few polls that were', () => {
    const monitor = new Monitor();
    const source = failing('a', 1);
    expect(monitor.evaluate([source], { nowMs: startMs + minuteMs + 6 * hourMs - 1 })).toEqual([]);
    expect(monitor.evaluate([source], { nowMs: startMs + minuteMs + 6 * hourMs })).toEqual([
      'failing news.example.org 1',
    ]);
  });

  it('are reported at once after a confirmed 410', () => {
    const gone = aSource('a', { isGone: true, outcome: 'gone', failures: 2, status: 410 });
    expect(new Monitor().evaluate([gone])).toEqual(['failing news.example.org 1']);
  });

  it('of one host are one problem: sources that fail later join it, and it ends once', () => {
    const monitor = new Monitor();
    // The first source reaches the threshold while others have failed once or were not polled yet.
    const early = many(50, (id, index) => (index === 0 ? failing(id, 3) : index < 30 ? failing(id, 1) : aSource(id)));
    expect(monitor.evaluate(early)).toEqual(['failing news.example.org 30']);
    expect(monitor.evaluate(many(50, (id) => failing(id, 3)))).toEqual([]);
    expect(monitor.known[0]?.detail.members).toHaveLength(50);
    const back = { lastSuccessMs: startMs + 20 * minuteMs, lastAttemptMs: startMs + 20 * minuteMs };
    expect(monitor.evaluate(many(50, (id, index) => (index < 20 ? aSource(id, back) : failing(id, 3))))).toEqual([]);
    // Most are read again, and the others were not polled since.
    const most = many(50, (id, index) => (index < 40 ? aSource(id, back) : failing(id, 3)));
    expect(monitor.evaluate(most)).toEqual(['recovered news.example.org']);
    expect(monitor.evaluate(most, { nowMs: startMs + hourMs })).toEqual([]);
    expect(monitor.evaluate(many(50, (id) => aSource(id, back)))).toEqual([]);
  });

  it('of a host of which a half keeps failing stay one problem', () => {
    const monitor = new Monitor();
    monitor.evaluate(many(10, (id) => failing(id, 3)));
    const back = { lastSuccessMs: startMs + 20 * minuteMs, lastAttemptMs: startMs + 20 * minuteMs };
    const half = many(10, (id, index) =>
      index < 6 ? aSource(id, back) : failing(id, 4, { lastAttemptMs: startMs + 21 * minuteMs }),
    );
    expect(monitor.evaluate(half)).toEqual([]);
    const later = { lastSuccessMs: startMs + 40 * minuteMs, lastAttemptMs: startMs + 40 * minuteMs };
    expect(
      monitor.evaluate(half.map((source) => (source.failures === 0 ? aSource(source.id, later) : source))),
    ).toEqual([]);
  });

  it('that another cause keeps from being read are reported again when their host recovers', () => {
    const monitor = new Monitor();
    monitor.evaluate(many(4, (id) => failing(id, 3)));
    const atMs = startMs + 20 * minuteMs;
    const moved = failing('s3', 4, { failure: 'not_found', status: 404, lastAttemptMs: atMs });
    const back = many(3, (id) => aSource(id, { lastSuccessMs: atMs, lastAttemptMs: atMs }));
    expect(monitor.evaluate([...back, moved], { nowMs: atMs + secondMs })).toEqual(['recovered news.example.org']);
    const polled = { ...moved, failures: 5, lastAttemptMs: atMs + hourMs };
    expect(monitor.evaluate([...back, polled], { nowMs: atMs + hourMs })).toEqual(['failing news.example.org 1']);
  });

  it('of one host with different causes are different problems', () => {
    const other = failing('b', 3, { failure: 'not_feed', status: 200 });
    expect(new Monitor().evaluate([failing('a', 3), other])).toEqual([
      'failing news.example.org 1',
      'failing news.example.org 1',
    ]);
  });

  it('with a changed cause stay the same problem until they are read', () => {
    const monitor = new Monitor();
    monitor.evaluate([failing('a', 3, { failure: 'not_found', status: 404 })]);
    expect(monitor.evaluate([failing('a', 4, { failure: 'not_feed', status: 200 })])).toEqual([]);
    expect(monitor.evaluate([aSource('a')])).toEqual(['recovered news.example.org']);
  });

  it('that were reported days before do not hide an outage of their host', () => {
    const monitor = new Monitor();
    const old = failing('old', 9, { failure: 'not_found', status: 404 });
    monitor.evaluate([old, aSource('new')]);
    const atMs = startMs + 72 * hourMs;
    const late = failing('new', 3, { failure: 'not_found', status: 404, firstFailedMs: atMs, lastAttemptMs: atMs });
    expect(monitor.evaluate([old, late], { nowMs: atMs })).toEqual(['failing news.example.org 1']);
  });

  it('that are not declared any more are not reported as recovered', () => {
    const monitor = new Monitor();
    monitor.evaluate([failing('a', 3)]);
    expect(monitor.evaluate([])).toEqual(['forgotten']);
  });
});

describe('an outage of the own network', () => {
  const hosts = (count: number, make: (id: string, index: number) => Partial<PolledSource>): PolledSource[] =>
    many(count, (id, index) => ({ ...failing(id, 1), host: `${id}.example.org`, ...make(id, index) }));

  it('is one problem of all hosts when no host can be read', () => {
    const monitor = new Monitor();
    const down = hosts(8, (_, index) => ({ failures: index === 0 ? 3 : 1 }));
    expect(monitor.evaluate(down)).toEqual(['failing network 8']);
    expect(monitor.evaluate(hosts(12, () => ({ failures: 4 })))).toEqual([]);
    const atMs = startMs + hourMs;
    const back = hosts(12, (_, index) =>
      index === 0 ? { failures: 0, failure: null, lastSuccessMs: atMs, lastAttemptMs: atMs } : { failures: 4 },
    );
    expect(monitor.evaluate(back, { nowMs: atMs })).toEqual(['recovered network']);
    expect(monitor.evaluate(back, { nowMs: atMs + minuteMs })).toEqual([]);
  });

  it('joins the problem of the first host that was reported', () => {
    const monitor = new Monitor();
    expect(monitor.evaluate(hosts(1, () => ({ failures: 3 })))).toEqual(['failing s0.example.org 1']);
    const more = hosts(6, (_, index) => ({ failures: 3, firstFailedMs: startMs + (index + 1) * minuteMs }));
    expect(monitor.evaluate(more)).toEqual([]);
  });

  it('is not assumed while another host can be read', () => {
    const down = hosts(4, () => ({ failures: 3 }));
    const well = aSource('well', { host: 'well.example.org', lastSuccessMs: startMs + 5 * minuteMs });
    expect(new Monitor().evaluate([...down, well])).toHaveLength(4);
  });

  it('that the network breaker measures is reported after two minutes, without a failed source', () => {
    const monitor = new Monitor();
    const sources = many(3, (id) => aSource(id, { host: `${id}.example.org` }));
    const sinceMs = startMs + hourMs;
    const at = (ms: number) => ({ networkDownSinceMs: sinceMs, nowMs: sinceMs + ms });
    expect(monitor.evaluate(sources, at(minuteMs))).toEqual([]);
    expect(monitor.evaluate(sources, at(2 * minuteMs))).toEqual(['failing network 0']);
    expect(monitor.evaluate(sources, { networkDownSinceMs: null, nowMs: sinceMs + 5 * minuteMs })).toEqual([]);
    const back = sources.map((source) => ({ ...source, lastSuccessMs: sinceMs + 5 * minuteMs }));
    expect(monitor.evaluate(back, { nowMs: sinceMs + 6 * minuteMs })).toEqual(['recovered network']);
  });

  it('hides network failures of hosts, but no other failures', () => {
    const monitor = new Monitor();
    const refused = failing('a', 3, { failure: 'unauthorized', status: 401, host: 'a.example.org' });
    const sources = [refused, failing('b', 3, { host: 'b.example.org' })];
    expect(monitor.evaluate(sources, { networkDownSinceMs: startMs + 9.5 * minuteMs })).toEqual([
      'failing a.example.org 1',
    ]);
  });
});
