/** What a router wants done, in order, until somebody takes it. */
import type { RouterAction } from "./action.ts";
import type { RouterEvent } from "./event.ts";

export class Outbox {
  #actions: RouterAction[] = [];

  push(action: RouterAction): void {
    this.#actions.push(action);
  }

  tell(event: RouterEvent): void {
    this.push({ kind: "event", event });
  }

  /** Empties it. */
  take(): RouterAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
