/** Notices and notifiers for tests. */

import { seconds } from "../../src/net/time.ts";
import type { News, Notice } from "../../src/notify/notice.ts";
import {
  type NotifierSettings,
  type ScriptNotifier,
  USUAL_STATES,
  type WebhookNotifier,
} from "../../src/notify/settings.ts";
import { NOTIFY_STATES, type NotifyState, type Subject } from "../../src/notify/subject.ts";

export function script(changes: Partial<ScriptNotifier> = {}): ScriptNotifier {
  const command = ["/usr/local/bin/page", "--team", "net"] as const;
  return { name: "pager", type: "script", states: USUAL_STATES, command, timeout: seconds(10), ...changes };
}

export function webhook(changes: Partial<WebhookNotifier> = {}): WebhookNotifier {
  const url = "http://192.0.2.50:8080/keelson";
  return { name: "hook", type: "webhook", states: USUAL_STATES, url, timeout: seconds(5), ...changes };
}

export function fifo(path = "/run/keelson/events.fifo"): NotifierSettings {
  return { name: "queue", type: "fifo", states: USUAL_STATES, path };
}

/** @param name `front`, `web/rs1`, `quorum of web` or `panic of web` */
export function news(name: string, state: NotifyState): News {
  return { subject: subjectNamed(name), state, cause: "master-silent", detail: "", at: 0 };
}

function subjectNamed(name: string): Subject {
  const [first = "", server] = name.split("/");
  if (server !== undefined) return { kind: "server", service: first, server };
  const [kind, of, service = ""] = name.split(" ");
  if (of !== "of") return { kind: "router", router: name };
  return { kind: kind === "quorum" ? kind : "panic", service };
}

export function notice(changes: Partial<Notice> = {}): Notice {
  return { cluster: "shop", director: "lb1", ...news("front", "Master"), ...changes };
}

export function stateNamed(word: string | undefined): NotifyState {
  const found = NOTIFY_STATES.find((state) => state === word);
  if (found === undefined) throw new Error(`no state ${word}`);
  return found;
}
