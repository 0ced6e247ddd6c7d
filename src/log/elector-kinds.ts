/** How the events of the elector and of its process read. */
import type { ProcessEvent } from "../channel/message.ts";
import type { ElectorEvent } from "../elector/event.ts";
import { DROP_REASONS, type DropReason } from "../vrrp/drop.ts";
import type { Kinds } from "./kind.ts";
import { describeRefusal, ROUTER_KINDS } from "./router-kinds.ts";

/** Ordinary on a link that others use, too. */
const EXPECTED_DROPS: ReadonlySet<DropReason> = new Set(["unknown-vrid", "not-listening"]);

export const ELECTOR_KINDS: Kinds<ElectorEvent["kind"] | ProcessEvent["kind"]> = {
  ...ROUTER_KINDS,
  drop: {
    meaning:
      "Datagrams were ignored; rate-limited, `count` of one reason and source since the last such event.",
    level: ({ reason }) => (EXPECTED_DROPS.has(reason) ? "debug" : "warn"),
    say: ({ interface: name, source, reason, count }) =>
      `ignored ${counted(count, "datagram")} from ${source} on ${name}: ${DROP_REASONS[reason]}`,
  },
  stranger: {
    meaning:
      "Somebody speaks for a router of ours from an address that no director has in the cluster file; told once for each. It takes part in the election all the same: see `authentication`.",
    level: "warn",
    say: ({ router, from, priority }) =>
      `${router}: ${from} adverts its VRID with priority ${priority}, and no director of the cluster file has that address: another cluster with the same VRID, or a director whose \`address\` is missing or another one`,
  },
  "checksum-differs": {
    meaning:
      "A neighbour sums its adverts in the other form than ours. We understand both; it may understand its own only, and would then not hear us.",
    level: "warn",
    say: ({ router, from, theirs }) =>
      `${router}: ${from} sends the ${theirs} checksum, we send the other: set \`checksum = "${theirs}"\` unless that neighbour understands both`,
  },
  "own-address-elsewhere": {
    meaning:
      "Somebody else on the link announced the address that our adverts leave from; told once for each. Two hosts with one address hear each other's adverts as their own and drop them: both become master.",
    level: "error",
    say: ({ interface: name, address, mac }) =>
      `${mac} announced ${address}, which is this host's own on ${name}: give one of the two another address`,
  },
  adopted: {
    meaning: "The elector runs another set of routers than before.",
    level: "info",
    say: ({ added, removed }) => `routers added: ${listed(added)}; removed: ${listed(removed)}`,
  },
  track: {
    meaning: "Something that routers track has come up or gone down.",
    level: ({ up }) => (up ? "notice" : "warn"),
    say: ({ track, up, detail }) => `${track} is ${up ? "up" : "down"}: ${detail}`,
  },
  standby: {
    meaning:
      "An operator wants this director to stay behind all others (`keelson standby`), or no longer (`keelson release`).",
    level: "notice",
    say: ({ on }) =>
      on ? "on standby: this director stays behind all others until it is released" : "released from standby",
  },
  ready: {
    meaning: "This director may preempt from now on.",
    level: ({ because }) => (because === "deadline" ? "warn" : "info"),
    say: ({ because }) =>
      because === "balancer"
        ? "ready: tables are written, and every check was tried once"
        : "ready, because the waiting time is over: the balancer has not said that its tables are written",
  },
  started: {
    meaning: "The elector's process has started. Each start has a generation of its own.",
    level: "notice",
    say: ({ version, generation }) => `keelson ${version} started (generation ${generation})`,
  },
  "realtime-refused": {
    meaning: "The kernel does not grant real-time scheduling; adverts may be late on a busy host.",
    level: "warn",
    say: ({ reason }) =>
      `no real-time scheduling: ${reason}; in a systemd unit, LimitRTPRIO=50 and AmbientCapabilities=CAP_SYS_NICE grant it`,
  },
  "monitor-overrun": {
    meaning: "The kernel reported more changes of links and addresses than were read; all are read anew.",
    level: "warn",
    say: () => "missed some changes of links and addresses: reading all of them again",
  },
  "virtual-link-refused": {
    meaning:
      "The kernel refused an interface with a virtual MAC address, or a setting that it needs. It is tried again; " +
      "a router without its interface is in Fault.",
    level: "warn",
    say: ({ subject, refusal }) => `${subject} was refused: ${describeRefusal(refusal)}`,
  },
  "leftover-removed": {
    meaning: "An address of an earlier run that no router of the cluster file wants any more was removed.",
    level: "notice",
    say: ({ address, interface: name }) => `removed ${address} from ${name}: left over from an earlier run`,
  },
  "balancer-died": {
    meaning: "The balancer's process ended unasked. Adverts go on and tables stay; it is started again.",
    level: "error",
    say: ({ detail, restartIn }) =>
      `the balancer died (${detail}): starting it again in ${restartIn} ms, tables stay as they are`,
  },
  "events-lost": {
    meaning: "The balancer did not take events in time; those that were not vital were left out.",
    level: "warn",
    say: ({ count }) => `${counted(count, "event")} did not reach the balancer`,
  },
  "stop-requested": {
    meaning: "An orderly stop began.",
    level: "notice",
    say: ({ signal }) => `stopping on ${signal}: handing over`,
  },
};

/** `1 datagram`, `2 datagrams` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
