/** Hands the elector its part of a cluster file: one message for each router, then a commit that it answers. */
import type { RouterSettings } from "../vrrp/settings.ts";
import type { HostChanges, ToBalancer, ToElector } from "./message.ts";

const COMMIT_DEADLINE_MS = 5_000;

export class SettingsHandOver {
  readonly #send: (message: ToElector) => void;
  #revision = 0;
  #waiting: { readonly revision: number; readonly done: (committed: boolean) => void } | undefined;

  constructor(send: (message: ToElector) => void) {
    this.#send = send;
  }

  /** `true` once the elector runs these settings; `false` when it did not say so in time. */
  async hand(routers: readonly RouterSettings[], host: HostChanges): Promise<boolean> {
    const revision = ++this.#revision;
    this.#waiting?.done(false);
    const committed = new Promise<boolean>((done) => {
      this.#waiting = { revision, done };
    });
    this.#send({ kind: "begin", revision });
    for (const router of routers) this.#send({ kind: "router", revision, router });
    this.#send({ kind: "commit", revision, host });
    const deadline = setTimeout(() => this.#waiting?.done(false), COMMIT_DEADLINE_MS);
    const outcome = await committed;
    clearTimeout(deadline);
    return outcome;
  }

  committed(message: Extract<ToBalancer, { kind: "committed" }>): void {
    if (this.#waiting?.revision === message.revision) this.#waiting.done(true);
  }
}
