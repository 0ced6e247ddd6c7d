/** Who is told when a virtual router, a real server or a service changes its state. */
import { unreachable } from "../net/bug.ts";
import type { Duration } from "../net/time.ts";
import { type NotifyState, SERVICE_KINDS, type Subject, statesOf } from "./subject.ts";

interface Common {
  readonly name: string;
  /** Of the cluster file; absent: all. */
  readonly routers?: readonly string[];
  /** Those whose servers' states are told, and their own; absent: all. */
  readonly services?: readonly string[];
  /** Those that are told; the others are passed over. */
  readonly states: readonly NotifyState[];
  /** Also what is well with services: when it is first known, and by saying the contrary at an orderly stop. */
  readonly startAndStop?: true;
}

export interface ScriptNotifier extends Common {
  readonly type: "script";
  /** A program's absolute path and its arguments; no shell reads it. */
  readonly command: readonly [string, ...string[]];
  readonly user?: string;
  /** Absent: the user's own. */
  readonly group?: string;
  readonly timeout: Duration;
}

interface FifoNotifier extends Common {
  readonly type: "fifo";
  readonly path: string;
}

export interface WebhookNotifier extends Common {
  readonly type: "webhook";
  /** Without user and password: it may be shown. */
  readonly url: string;
  /** `user:password`, encoded as in a URL. */
  readonly password?: string;
  readonly timeout: Duration;
}

export type NotifierSettings = ScriptNotifier | FifoNotifier | WebhookNotifier;

/** What a script for people wants to hear of. */
export const USUAL_STATES = ["Master", "Backup", "Fault"] as const satisfies NotifyState[];

/** Whether it is ever told of such a thing. */
export function hearsOf({ states }: Pick<Common, "states">, kind: Subject["kind"]): boolean {
  return statesOf(kind).some((state) => states.includes(state));
}

export function hearsOfServices(settings: Pick<Common, "states">): boolean {
  return SERVICE_KINDS.some((kind) => hearsOf(settings, kind));
}

/** Says enough of it when it comes or goes. */
export function describeNotifier(notifier: NotifierSettings): string {
  switch (notifier.type) {
    case "script":
      return `script ${notifier.command.join(" ")}`;
    case "fifo":
      return `fifo ${notifier.path}`;
    case "webhook":
      return `webhook ${notifier.url}`;
    default:
      return unreachable(notifier);
  }
}
