/** How the events of services, servers and the balancer's process read. */
import type { BalanceEvent } from "../balance/event.ts";
import type { Override } from "../balance/override.ts";
import { PLACEMENT_CAUSES } from "../balance/placement.ts";
import { FAILURES, PROBLEMS } from "../checks/result.ts";
import { formatDuration } from "../net/time.ts";
import { counted } from "./elector-kinds.ts";
import type { BalancerEvent } from "./event.ts";
import type { Kinds } from "./kind.ts";
import { describeRefusal, inBrackets } from "./router-kinds.ts";
import { printable } from "./text.ts";

const UP_CAUSES = {
  "first-pass": "its first check passed",
  risen: "enough checks in a row passed",
} as const;

/** Why a server is in the table with another weight than before. */
export const WEIGHT_CAUSES = {
  ...PLACEMENT_CAUSES,
  configured: "the cluster file says so",
  "override-lifted": "the operator's weight was lifted",
} as const;

const SYNC_CAUSES = {
  configured: "the cluster file says so",
  role: "the role of their router has changed",
  drift: "somebody else had stopped them",
  stopping: "Keelson stops",
} as const;

/** Of a list that may be very long. */
const SHOWN = 20;

function first(lines: readonly string[]): string {
  const more = lines.length > SHOWN ? ` and ${lines.length - SHOWN} more` : "";
  return `${lines.slice(0, SHOWN).join("; ")}${more}`;
}

function overrideText(override: Override | undefined): string {
  if (override === undefined) return "the operator's word is taken back";
  if (override.kind === "weight") return `weight ${override.weight}, whatever its check says`;
  return `to be drained until ${counted(override.connections, "active connection")} are left`;
}

function ofCheck(check: string | undefined): string {
  return check === undefined ? "" : `${printable(check)}: `;
}

const BALANCE_KINDS: Kinds<BalanceEvent["kind"]> = {
  configured: {
    meaning: "The balancer runs another set of services than before.",
    level: "info",
    say: ({ services, servers, checksKept, checksAdded, checksRemoved }) =>
      `${counted(services, "service")} with ${counted(servers, "server")}; checks: ${checksKept} kept, ${checksAdded} added, ${checksRemoved} removed`,
  },
  "server-up": {
    meaning: "A server is healthy.",
    level: "notice",
    say: ({ service, server, cause, latency }) =>
      `${service}/${server} is up: ${UP_CAUSES[cause]} (${formatDuration(latency)})`,
  },
  "server-down": {
    meaning: "A server is not healthy. The cause is one of the failures listed below.",
    level: "warn",
    say: ({ service, server, check, cause, detail }) =>
      `${service}/${server} is down: ${ofCheck(check)}${FAILURES[cause]}${inBrackets(detail)}`,
  },
  "check-failed": {
    meaning:
      "A check failed, but not yet often enough in a row to take its server out; or as often, when another `check` of the server had taken it out already.",
    level: "info",
    say: ({ service, server, check, cause, detail, failures, fall }) =>
      `${service}/${server}: check failed, ${failures} of ${fall}: ${ofCheck(check)}${FAILURES[cause]}${inBrackets(detail)}`,
  },
  "check-passed": {
    meaning: "One of several checks of a server passes again, while another one goes on failing.",
    level: "info",
    say: ({ service, server, check, cause }) =>
      `${service}/${server}: ${printable(check)}: ${UP_CAUSES[cause]}, but another check fails`,
  },
  "weight-change": {
    meaning: "A server is wanted in the kernel's table with another weight, or for the first time.",
    level: "info",
    say: ({ service, server, from, to, cause }) =>
      `${service}/${server}: weight ${from === undefined ? "" : `${from} → `}${to}: ${WEIGHT_CAUSES[cause]}`,
  },
  "server-removed": {
    meaning: "A server is no longer wanted in the kernel's table.",
    level: "info",
    say: ({ service, server, cause }) => `${service}/${server} left the table: ${PLACEMENT_CAUSES[cause]}`,
  },
  panic: {
    meaning:
      "Almost all servers of a service seem dead and none of them answers, so that this director's own uplink or checks are the suspect, and no other director has taken over (`panic`). Failed servers get connections again. Told every minute while it lasts.",
    level: ({ news }) => (news === "ends" ? "notice" : "error"),
    say: ({ service, news, healthy, total }) =>
      news === "ends"
        ? `${service}: the panic is over, failed servers get no connections (${healthy} of ${total} are healthy)`
        : `${service}: PANIC: ${healthy} of ${total} servers are healthy, and the others are silent, which may be this director's own fault: they ${news === "begins" ? "get" : "still get"} connections`,
  },
  quorum: {
    meaning:
      "Too few of a service's servers serve (`quorum`), or enough again. Meanwhile its sorry server serves, if it has one.",
    level: ({ held }) => (held ? "notice" : "error"),
    say: ({ service, held, of, have, need, sorry }) =>
      `${service} has ${held ? "its quorum again" : "lost its quorum"}: ${have} of ${need} ${of}${sorry ? `; the sorry server ${held ? "goes" : "takes over"}` : ""}`,
  },
  override: {
    meaning:
      "An operator gave a server another weight, drains it, or took that back (`keelson weight`, `drain`, `undrain`).",
    level: "notice",
    say: ({ service, server, override, by }) =>
      `${service}/${server}: ${overrideText(override)} (${printable(by)})`,
  },
  "override-forgotten": {
    meaning: "The cluster file does not have a server any more of which an operator had said something.",
    level: "notice",
    say: ({ service, server }) =>
      `${service}/${server} is no longer in the cluster file: what an operator said of it is forgotten`,
  },
  "check-problem": {
    meaning: "Checks could not be tried for a reason of our own. They count for nothing.",
    level: "error",
    say: ({ cause, detail, target, count }) =>
      `${counted(count, "check")} of ${target.address} port ${target.port} not run: ${PROBLEMS[cause]}${inBrackets(detail)}`,
  },
  "checks-ready": {
    meaning: "Every check was tried once, or the waiting time for that is over.",
    level: ({ cause }) => (cause === "deadline" ? "warn" : "info"),
    say: ({ cause }) =>
      cause === "all-tried"
        ? "every check was tried once"
        : "not every check was tried in time: going on without them",
  },
};

export const BALANCER_KINDS: Kinds<BalanceEvent["kind"] | BalancerEvent["kind"]> = {
  ...BALANCE_KINDS,
  "file-accepted": {
    meaning: "A cluster file was put in force and stored as the accepted one.",
    level: "notice",
    say: ({ file, changes }) => `${file} is in force: ${changes.join("; ") || "no change"}`,
  },
  "file-refused": {
    meaning:
      "A cluster file has errors, or cannot be put in force now, or only with `keelson reload --wire-breaking`. Nothing was changed.",
    level: "error",
    say: ({ file, issues }) => `${file} was refused, nothing changed: ${issues.join("\n")}`,
  },
  "accepted-file-used": {
    meaning: "The cluster file could not be used at start: the last accepted one is in force.",
    level: "error",
    say: ({ file, reason }) => `going on with the accepted file ${file}: ${reason}`,
  },
  "table-changed": {
    meaning: "The kernel's IPVS table was changed.",
    level: "info",
    say: ({ changes }) => `IPVS: ${changes.join("; ")}`,
  },
  "table-drift": {
    meaning: "Somebody else had changed the kernel's IPVS table. It was put right again.",
    level: "warn",
    say: ({ changes }) => `IPVS: somebody else changed the table; put right: ${changes.join("; ")}`,
  },
  "table-adopted": {
    meaning:
      "The kernel had some of the cluster file's services or servers before Keelson wrote them. They are Keelson's from now on, and brought into shape in place. Said once.",
    level: "notice",
    say: ({ entries }) => `IPVS: there already, and ours from now on: ${first(entries)}`,
  },
  "table-strangers": {
    meaning:
      "Services or servers in the kernel's table that are neither in the cluster file nor made by Keelson, when they are others than before. They are left alone.",
    level: "info",
    say: ({ strangers }) =>
      strangers.length === 0
        ? "IPVS: nothing of anybody else's is left in the table"
        : `IPVS: somebody else's, and left alone: ${first(strangers)}`,
  },
  "table-would-change": {
    meaning:
      'With `mode = "observe"`: what would be written to the kernel\'s table now, when it is other than before.',
    level: "info",
    say: ({ changes }) =>
      changes.length === 0 ? "IPVS: nothing would be changed" : `IPVS would be changed: ${first(changes)}`,
  },
  "namespace-renewed": {
    meaning:
      "The network namespace of the IPVS table (`namespace`) has been removed, and there is another one of that name. Nothing of the old one is in it: all of it is written again.",
    level: "warn",
    say: ({ namespace }) => `IPVS: ${namespace} is another network namespace now: all is written again`,
  },
  "sysctl-changed": {
    meaning:
      "A setting of the kernel's balancer was changed as the cluster file says (`sysctls`, `timeouts`), or put back.",
    level: "info",
    say: ({ name, from, to }) => `${name}: ${from} → ${to}`,
  },
  "sysctl-missing": {
    meaning: "The cluster file sets something of the kernel's balancer that this kernel does not have.",
    level: "warn",
    say: ({ name }) => `this kernel has no ${name}: left out`,
  },
  "sysctl-refused": {
    meaning: "The kernel refused a setting of its balancer. It is tried again with the next reload.",
    level: "error",
    say: ({ what, refusal }) => `${what} refused: ${describeRefusal(refusal)}`,
  },
  "sync-changed": {
    meaning:
      "The kernel's sync daemons, which tell other directors of connections or hear of theirs, were started or stopped: the cluster file says so, the role of the router that they follow is another one, somebody else had stopped them, or Keelson stops.",
    level: ({ cause }) => (cause === "drift" ? "warn" : "notice"),
    say: ({ changes, cause }) => `IPVS: ${changes.join("; ")}: ${SYNC_CAUSES[cause]}`,
  },
  "sync-strangers": {
    meaning:
      "Sync daemons of the kernel that Keelson has not started, when they are others than before. They are left alone; there is one of each role at the most, so ours cannot run beside them.",
    level: "warn",
    say: ({ daemons }) =>
      daemons.length === 0
        ? "IPVS: no sync daemon of anybody else's is left"
        : `IPVS: somebody else's, and left alone: ${daemons.join("; ")}`,
  },
  "firewall-gone": {
    meaning:
      "Somebody removed our nftables table (`accept = false`), as a restart of the host's firewall does. It was put back.",
    level: "warn",
    say: () => "somebody had removed the nftables table keelson; it is there again",
  },
  "table-refused": {
    meaning:
      "The kernel refused a change of its IPVS table, of its sync daemons, or of one of our nftables tables. It is tried again, and told again when it is refused in another way, or after a reload; `status` has what is refused now.",
    level: "error",
    say: ({ what, refusal, meaning }) =>
      `${what} refused: ${meaning === undefined ? "" : `${meaning}: `}${describeRefusal(refusal)}`,
  },
  "marks-changed": {
    meaning:
      "The nftables rules that set the marks of services were made or changed as the cluster file says (`match`), or taken away.",
    level: "info",
    say: ({ changes }) => `marks: ${first(changes)}`,
  },
  "marks-drift": {
    meaning:
      "Somebody else had changed or removed the nftables table keelson-marks, as a restart of the host's firewall does. It was put right again.",
    level: "warn",
    say: ({ changes }) =>
      `marks: somebody else changed the table keelson-marks; put right: ${first(changes)}`,
  },
  "static-changed": {
    meaning:
      "Static addresses, routes or rules were made, or taken away because the cluster file has them no more.",
    level: "info",
    say: ({ changes }) => `static: ${changes.join("; ")}`,
  },
  "static-drift": {
    meaning:
      "Static addresses, routes or rules were gone: somebody had removed them, or their link was down. They were put back.",
    level: "warn",
    say: ({ changes }) => `static: gone, and put back: ${changes.join("; ")}`,
  },
  "static-refused": {
    meaning:
      "A static address, route or rule cannot be made, or taken away: its interface does not exist yet, somebody else's " +
      "is in its place (EEXIST), which is left alone, or the kernel refused it. It is tried again every 5 s, and told once.",
    level: "warn",
    say: ({ what, refusal }) =>
      refusal.code === "EEXIST"
        ? `static ${what}: there already, and not put there by Keelson as such: left alone`
        : `static ${what} refused: ${describeRefusal(refusal)}`,
  },
  "recording-stopped": {
    meaning: "Nothing more is written to the recording. What is in it can be replayed.",
    level: "warn",
    say: ({ file, reason }) => `the recording ${file} is over: ${reason}`,
  },
  "log-lines-lost": {
    meaning: "The reader of our log was too slow; lines beyond the bound were left out.",
    level: "warn",
    say: ({ count }) => `${counted(count, "log line")} lost: the reader of this log is too slow`,
  },
};
