// Where things are: the page's server says it, since every port may be another.

/** One of the simulator's outcomes. */
export interface Outcome {
  digits: string;
  name: string;
  summary: string;
}

export interface Facts {
  page: string;
  gateway: string;
  sandbox: string;
  sdkUrl: string;
  returnUrls: { success: string; failure: string };
  outcomes: Outcome[];
}

export let facts: Facts;

export async function learnFacts(): Promise<void> {
  facts = await (await fetch("/demo/facts", { cache: "no-store" })).json();
}
