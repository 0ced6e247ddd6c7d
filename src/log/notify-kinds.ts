/** How the events of notifications read. */
import { formatDuration } from "../net/time.ts";
import type { NotifyEvent } from "../notify/event.ts";
import { NOTIFY_FAILURES } from "../notify/outcome.ts";
import { counted } from "./elector-kinds.ts";
import type { Kinds } from "./kind.ts";
import { inBrackets } from "./router-kinds.ts";

export const NOTIFY_KINDS: Kinds<NotifyEvent["kind"]> = {
  notified: {
    meaning: "Somebody outside was told the state of a router.",
    level: ({ failures }) => (failures === 0 ? "info" : "notice"),
    say: ({ notifier, router, state, failures }) =>
      `told ${notifier}: ${router} is ${state}${failures === 0 ? "" : `, after ${counted(failures, "failure")}`}`,
  },
  "notify-failed": {
    meaning:
      "Somebody outside could not be told the state of a router. The reason is one of the failures listed below. Of several tries, the first is told, and those that fail for another reason.",
    level: "warn",
    say: ({ notifier, router, state, reason, detail, output, retryIn }) => {
      const next = retryIn === undefined ? "" : `; next try in ${formatDuration(retryIn)}`;
      const said = output === "" ? "" : `, saying "${output.replaceAll(/\s*\n\s*/g, " / ")}"`;
      return `could not tell ${notifier} that ${router} is ${state}: ${NOTIFY_FAILURES[reason]}${inBrackets(detail)}${said}${next}`;
    },
  },
};
