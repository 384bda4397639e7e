/** How many cases a property test tries; `FUZZ_RUNS=5000` digs deeper. */
export const fuzzRuns = Number(process.env['FUZZ_RUNS'] ?? 100);
