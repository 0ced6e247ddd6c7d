/** The last events, for `keelson explain`. */
import type { KeelsonEvent } from "../log/event.ts";
import type { RecordedEvent } from "./target.ts";

export const REMEMBERED_EVENTS = 200;

export class EventRing {
  #events: RecordedEvent[] = [];

  add(at: number, event: KeelsonEvent): void {
    this.#events.push({ at, event });
    if (this.#events.length > REMEMBERED_EVENTS) this.#events.shift();
  }

  /** Oldest first. */
  all(): readonly RecordedEvent[] {
    return this.#events;
  }
}
