// What the user wants and has not got yet. As long as it is the same, so is its key: it comes true once.

/** The problem of a request whose first try is still being worked on. */
const IN_PROGRESS = "/problems/idempotency-in-progress";

export class Wish {
  private asked: string | undefined;
  private key = "";

  /** The key under which to ask: the one of the last try, where that asked the same. */
  keyFor(asked: string): string {
    if (this.asked !== asked) {
      this.asked = asked;
      this.key = crypto.randomUUID();
    }
    return this.key;
  }

  /** Takes in an answer to `key`. One that may be followed by a better one leaves the wish open. */
  heard(key: string, status: number, problem: string | undefined): void {
    const isSettled = status < 300 || ([404, 409, 422].includes(status) && problem !== IN_PROGRESS);
    if (isSettled && this.key === key) this.asked = undefined;
  }
}
