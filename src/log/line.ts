/** Every event as one line for people. */
import { BALANCER_KINDS } from "./balance-kinds.ts";
import { ELECTOR_KINDS } from "./elector-kinds.ts";
import type { EventKind, EventOf } from "./event.ts";
import type { Kinds, Level } from "./kind.ts";
import { NOTIFY_KINDS } from "./notify-kinds.ts";

interface EventLine {
  readonly level: Level;
  /** One sentence, without a full stop. */
  readonly message: string;
}

/** In the order of docs/events.md. */
export const EVENT_KINDS: Kinds<EventKind> = { ...ELECTOR_KINDS, ...BALANCER_KINDS, ...NOTIFY_KINDS };

export function eventLine<K extends EventKind>(event: EventOf[K] & { readonly kind: K }): EventLine {
  const { level, say } = EVENT_KINDS[event.kind];
  return { level: typeof level === "function" ? level(event) : level, message: say(event) };
}
