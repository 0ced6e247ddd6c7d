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
  /** Absent while there is nothing: of a thousand routers each has one. */
  #actions: (Action | Told<Event>)[] | undefined;

  get size(): number {
    return this.#actions?.length ?? 0;
  }

  push(action: Action | Told<Event>): void {
    if (this.#actions === undefined) this.#actions = [action];
    else this.#actions.push(action);
  }

  pushAll(actions: readonly Action[]): void {
    for (const action of actions) this.push(action);
  }

  tell(event: Event): void {
    this.push({ kind: "event", event });
  }

  /** Empties it. */
  take(): readonly (Action | Told<Event>)[] {
    const actions = this.#actions ?? NOTHING;
    this.#actions = undefined;
    return actions;
  }
}
