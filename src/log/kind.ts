/** What there is to say about one kind of event. */
import type { EventKind, EventOf } from "./event.ts";

/** Rising; the names that operators know from syslog. */
export const LEVELS = ["debug", "info", "notice", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

interface Kind<Event> {
  /** When it happens, for docs/events.md. */
  readonly meaning: string;
  readonly level: Level | ((event: Event) => Level);
  /** One plain sentence, without a full stop. */
  readonly say: (event: Event) => string;
}

export type Kinds<K extends EventKind> = { readonly [P in K]: Kind<EventOf[P]> };
