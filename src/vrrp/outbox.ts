/** What somebody wants done, in order, until somebody else takes it. */
import type { RouterAction } from "./action.ts";
import type { RouterEvent } from "./event.ts";

interface Told<Event> {
  readonly kind: "event";
  readonly event: Event;
}

/** After most packets. */
const NOTHING: readonly never[] = [];

export class Outbox<Action = RouterAction, Event = RouterEvent> {
  #actions: (Action | Told<Event>)[] = [];

  get size(): number {
    return this.#actions.length;
  }

  push(...actions: readonly Action[]): void {
    this.#actions.push(...actions);
  }

  tell(event: Event): void {
    this.#actions.push({ kind: "event", event });
  }

  /** Empties it. */
  take(): readonly (Action | Told<Event>)[] {
    if (this.#actions.length === 0) return NOTHING;
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
