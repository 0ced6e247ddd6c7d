/** How the events of a virtual router read. */
import { formatDuration } from "../net/time.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import { CAUSES, type RouterEvent } from "../vrrp/event.ts";
import type { Kinds } from "./kind.ts";

const DRILL_REFUSALS = {
  owner: "it owns the addresses (priority 255) and would take them back at once",
  "not-master": "it is not master, so there is nothing to hand over",
} as const;

const ACTIONS: Readonly<Record<string, string>> = {
  advert: "to send an advert",
  hold: "to put an address on its interface",
  release: "to take an address off its interface",
  announce: "to send an announcement",
};

export const ROUTER_KINDS: Kinds<RouterEvent["kind"]> = {
  transition: {
    meaning: "A virtual router changed its state. The cause is one of those listed below.",
    level: ({ to }) => (to === "Fault" ? "error" : "notice"),
    say: ({ router, from, to, cause, detail }) =>
      `${router}: ${from} → ${to}: ${CAUSES[cause]}${inBrackets(detail)}`,
  },
  priority: {
    meaning: "What the router tracks, or a standby, has shifted its priority.",
    level: "notice",
    say: ({ router, from, to, detail }) => `${router}: priority ${from} → ${to}${inBrackets(detail)}`,
  },
  "start-delayed": {
    meaning: "The router takes no part in the election yet, as the cluster file wants it after a start.",
    level: "notice",
    say: ({ router, wait }) => `${router}: takes part in ${formatDuration(wait)}`,
  },
  "would-change": {
    meaning:
      "A virtual router that only observes would change its state. Nothing was sent or touched. The cause is one of those of transitions.",
    level: "notice",
    say: ({ router, from, to, cause, detail }) => {
      const what = to === "Master" ? "would claim" : `would go to ${to}`;
      return `${router} (observing): ${what} (from ${from}): ${CAUSES[cause]}${inBrackets(detail)}`;
    },
  },
  "drill-refused": {
    meaning: "A drill was asked for, and this router takes no part.",
    level: "warn",
    say: ({ router, reason }) => `${router}: no drill: ${DRILL_REFUSALS[reason]}`,
  },
  refused: {
    meaning: "The kernel refused something that a router asked for.",
    level: "error",
    say: ({ router, action, refusal }) =>
      `${router}: the kernel refused ${ACTIONS[action] ?? action}: ${describeRefusal(refusal)}`,
  },
  stall: {
    meaning:
      "The elector ran late by more intervals than adverts may be missing (three by default); a master then listens before it speaks, its addresses kept.",
    level: "warn",
    say: ({ router, lateness, listening }) =>
      `${router}: this process ran ${formatDuration(lateness)} late: listening for ${formatDuration(listening)}`,
  },
  "silence-doubted": {
    meaning:
      "A backup was to take over, and found that it had stood still itself when its master's time was over: it waits once more, for the master may have stood still with it (a paused virtual machine), or was not heard because of that.",
    level: "warn",
    say: ({ router, stoodStill, waiting }) =>
      `${router}: this process stood still for ${formatDuration(stoodStill)} when its master was to be given up: waiting for it for ${formatDuration(waiting)} more`,
  },
  "interval-learned": {
    meaning:
      "The master adverts at another interval than ours; its interval is used for the master-down time.",
    level: "info",
    say: ({ router, from, interval }) => `${router}: ${from} adverts every ${formatDuration(interval)}`,
  },
  "clock-skew": {
    meaning:
      "The clock of a signed advert's sender and ours differ by more than half the window of `authentication`; beyond the whole window neither believes the other, and both become master.",
    level: "error",
    say: ({ router, from, ahead, window }) =>
      `${router}: the clock of ${from} is ${Math.abs(ahead)} s ${ahead > 0 ? "ahead of" : "behind"} ours, and ${formatDuration(window)} is the limit: set both (chronyc tracking)`,
  },
  "duplicate-owner": {
    meaning:
      "Another director has priority 255, too, and there can be one owner of the addresses only. The one with the higher address serves, unless the other one does not give way: then that one does, after four intervals. Told again every ten minutes while it goes on.",
    level: "error",
    say: ({ router, own, from }) =>
      `${router}: two owners: ${from} has priority 255 like us (${own}); give one of them a lower priority`,
  },
  "addresses-differ": {
    meaning: "A peer's advert lists other addresses than ours: the directors run different cluster files.",
    level: "warn",
    say: ({ router, from, theirs }) =>
      `${router}: ${from} adverts other addresses than ours: ${theirs.join(", ") || "none"}`,
  },
  "address-lost": {
    meaning: "Somebody took an address of ours off its interface; a master puts it back.",
    level: "warn",
    say: ({ router, address, interface: name }) => `${router}: somebody removed ${address} from ${name}`,
  },
  "foreign-announcement": {
    meaning: "Somebody else on the link announced an address that we hold.",
    level: "warn",
    say: ({ router, address, mac }) => `${router}: ${mac} announced ${address}, which is ours`,
  },
};

/** `netlink RTM_NEWADDR: Operation not permitted (EPERM)` */
export function describeRefusal({ call, text, code }: KernelRefusal): string {
  return `${call}: ${text} (${code})`;
}

export function inBrackets(detail: string): string {
  return detail === "" ? "" : ` (${detail})`;
}
