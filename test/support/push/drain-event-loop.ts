/** Runs pending promises and deferred work. */
export async function drainEventLoop(rounds = 30): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
