/** The number of runs of a property test. Set `FUZZ_RUNS` for more. */
export const fuzzRuns = Number(process.env['FUZZ_RUNS'] ?? 100);
