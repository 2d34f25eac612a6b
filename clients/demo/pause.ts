// Waiting: for a time, and longer each time that something fails.

const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/** Resolves after a time, or as soon as `signal` aborts or `early` happens to the window. */
export function pause(milliseconds: number, signal?: AbortSignal, early?: "online"): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal?.aborted) return end();
    signal?.addEventListener("abort", end, { signal: over.signal });
    if (early) window.addEventListener(early, end, { signal: over.signal });
    return undefined;
  });
}

/** How long to wait after so many failures: twice as long each time, and never the same for two clients. */
export function backoff(failures: number): number {
  const most = Math.min(SHORTEST_PAUSE * 2 ** failures, LONGEST_PAUSE);
  return most * (0.5 + Math.random() / 2);
}
