/** One way of telling somebody outside. */
import { unreachable } from "../net/bug.ts";
import type { Notice } from "../notify/notice.ts";
import type { DeliveryOutcome } from "../notify/outcome.ts";
import type { NotifierSettings, ScriptNotifier, WebhookNotifier } from "../notify/settings.ts";
import { nameOf } from "../notify/subject.ts";
import { FifoWriter } from "./fifo.ts";
import { environmentOf } from "./message.ts";
import { runScript, type ScriptJob } from "./script.ts";
import type { ScriptBook } from "./script-book.ts";

export interface Deliverer {
  /** Never rejects, and is over at a known time. When the signal aborts, whatever runs is ended soon. */
  deliver(notice: Notice, signal: AbortSignal): Promise<DeliveryOutcome>;
  /** Lets go of what was kept between two deliveries. */
  close(): void;
}

/** Loaded when first needed, as for checks. */
const loadWebhook = () => import("./webhook.ts");

export function openDeliverer(settings: NotifierSettings, book: ScriptBook): Deliverer {
  switch (settings.type) {
    case "script":
      return {
        deliver: (notice, signal) => runScript(jobOf(settings, notice), signal, book),
        close: () => {},
      };
    case "fifo":
      return new FifoWriter(settings.path);
    case "webhook":
      return { deliver: (notice, signal) => post(settings, notice, signal), close: () => {} };
    default:
      return unreachable(settings);
  }
}

/** Name and state come behind its own arguments. */
export function jobOf({ command, ...settings }: ScriptNotifier, notice: Notice): ScriptJob {
  const words = [nameOf(notice.subject), notice.state];
  return { ...settings, command: [...command, ...words], environment: environmentOf(notice) };
}

async function post(settings: WebhookNotifier, notice: Notice, signal: AbortSignal) {
  return (await loadWebhook()).postWebhook(settings, notice, signal);
}
