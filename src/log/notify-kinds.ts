/** How the events of notifications read. */
import { formatDuration } from "../net/time.ts";
import type { NotifyEvent } from "../notify/event.ts";
import { NOTIFY_FAILURES } from "../notify/outcome.ts";
import { type Names, type NotifyState, nameOf } from "../notify/subject.ts";
import { counted } from "./elector-kinds.ts";
import type { Kinds } from "./kind.ts";
import { inBrackets } from "./router-kinds.ts";

export const NOTIFY_KINDS: Kinds<NotifyEvent["kind"]> = {
  notified: {
    meaning:
      "Somebody outside was told the state of a router, or with `service` instead of `router` that of a service, and with `server` that of one of its servers.",
    level: ({ failures }) => (failures === 0 ? "info" : "notice"),
    say: ({ notifier, failures, ...told }) =>
      `told ${notifier}: ${stateText(told)}${failures === 0 ? "" : `, after ${counted(failures, "failure")}`}`,
  },
  "notify-failed": {
    meaning:
      "Somebody outside could not be told a state. The reason is one of the failures listed below. Of several tries, the first is told, and those that fail for another reason.",
    level: "warn",
    say: ({ notifier, reason, detail, output, retryIn, ...told }) => {
      const next = retryIn === undefined ? "" : `; next try in ${formatDuration(retryIn)}`;
      const said = output === "" ? "" : `, saying "${output.replaceAll(/\s*\n\s*/g, " / ")}"`;
      return `could not tell ${notifier} that ${stateText(told)}: ${NOTIFY_FAILURES[reason]}${inBrackets(detail)}${said}${next}`;
    },
  },
  "notify-left": {
    meaning:
      "At an orderly stop the time for telling is over. What a notifier has not been told by then, it never is.",
    level: "warn",
    say: ({ notifier, count }) => `${notifier} was not told ${counted(count, "state")}: Keelson ends`,
  },
};

function stateText({ state, ...names }: Names & { readonly state: NotifyState }): string {
  const name = nameOf(names);
  switch (state) {
    case "quorum-held":
      return `${name} has its quorum`;
    case "quorum-lost":
      return `${name} has lost its quorum`;
    case "panic":
      return `${name} is in panic`;
    case "panic-over":
      return `${name} is in panic no more`;
    default:
      return `${name} is ${state}`;
  }
}
