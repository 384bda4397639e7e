import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jsonLines, type ParserResult, readIndex } from '../../bench/conformance/corpus.ts';
import { failuresList } from '../../bench/conformance/report.ts';
import { score } from '../../bench/conformance/score.ts';
import { runCommand } from '../../src/cli/program.ts';
import { FakeIo } from '../cli/fake-io.ts';

const indexFile = fileURLToPath(new URL('./index.jsonl', import.meta.url));

describe('the corpus of this repository', () => {
  // A real process: on a busy machine one takes seconds to start.
  it('is read by "newswire parse" with every check passing', { timeout: 60_000 }, async () => {
    const io = new FakeIo();
    expect(await runCommand(['parse', '--index', indexFile, '--jsonl'], io)).toBe(0);
    const index = readIndex(indexFile);
    const results = jsonLines<ParserResult>(io.stdout);
    expect(results.map((result) => result.file)).toEqual(index.map((indexed) => indexed.file));
    expect(failuresList(score(index, results).failures)).toBe('');
    expect(index.length).toBeGreaterThanOrEqual(15);
  });
});
