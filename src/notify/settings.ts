/** Who is told when a virtual router changes its state. */
import { unreachable } from "../net/bug.ts";
import type { Duration } from "../net/time.ts";
import type { State } from "../vrrp/state.ts";

interface Common {
  readonly name: string;
  /** Of the cluster file; absent: all. */
  readonly routers?: readonly string[];
  /** Those that are told; the others are passed over. */
  readonly states: readonly State[];
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
export const USUAL_STATES = ["Master", "Backup", "Fault"] as const satisfies State[];

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
