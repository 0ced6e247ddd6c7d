/** What a router wants done, in order, until somebody takes it. */
import type { RouterAction } from "./action.ts";
import type { RouterEvent } from "./event.ts";

/** After most packets. */
const NOTHING: readonly RouterAction[] = [];

export class Outbox {
  #actions: RouterAction[] = [];

  push(action: RouterAction): void {
    this.#actions.push(action);
  }

  tell(event: RouterEvent): void {
    this.push({ kind: "event", event });
  }

  /** Empties it. */
  take(): readonly RouterAction[] {
    if (this.#actions.length === 0) return NOTHING;
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
