/** A router that only observes decides as any other: what it would do leaves the engine as words. */
import type { RouterAction } from "../vrrp/action.ts";
import type { RouterSettings } from "../vrrp/settings.ts";

export function observes({ settings }: { readonly settings: RouterSettings }): boolean {
  return settings.mode === "observe";
}

/** Nothing, or what may be told: everything else would be sent, or done to this host. */
export function inWords(action: RouterAction): Extract<RouterAction, { kind: "event" }>[] {
  if (action.kind !== "event") return [];
  const { event } = action;
  return event.kind === "transition"
    ? [{ kind: "event", event: { ...event, kind: "would-change" } }]
    : [action];
}
