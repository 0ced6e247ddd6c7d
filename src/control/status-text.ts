/** `keelson status` for people. */

import { listenTexts, serverText } from "../ipvs/listen.ts";
import { printable } from "../log/text.ts";
import { formatDuration, micros } from "../net/time.ts";
import type {
  ElectorReport,
  RouterReport,
  ServerReport,
  ServiceReport,
  StatusReport,
  SyncReport,
  TrackReport,
} from "./shapes.ts";
import { columns, formatAge } from "./table.ts";

const ROUTER_HEADS = ["router", "state", "since", "why", "priority", "master", "addresses"];
const TRACK_HEADS = ["track", "state", "since", "why"];
const SERVER_HEADS = ["server", "address", "state", "since", "weight", "why", "last check"];

export function statusText(report: StatusReport): string {
  const { node, version, file, elector, services, statics } = report;
  const parts = [
    `${node}: keelson ${version}, ${file}`,
    elector === undefined ? "The elector has not reported yet." : electorText(elector),
    ...(statics.length === 0 ? [] : [staticsText(statics)]),
    ...services.map((service) => serviceText(service, report)),
    ...marksText(report),
    ...tableText(report),
  ];
  return parts.join("\n\n");
}

export function electorText({ routers, tracks, drops, scheduling, now }: ElectorReport): string {
  const ignored = Object.entries(drops).map(([reason, count]) => `${reason} ${count}`);
  const lines = [columns([ROUTER_HEADS, ...routers.map((router) => routerRow(router, now))])];
  if (ignored.length > 0) lines.push(`datagrams ignored: ${ignored.join(", ")}`);
  if (scheduling !== "rr") lines.push(`no real-time scheduling: ${scheduling}`);
  if (tracks.length > 0)
    lines.push("", columns([TRACK_HEADS, ...tracks.map((track) => trackRow(track, now))]));
  return lines.join("\n");
}

function routerRow(router: RouterReport, now: number): string[] {
  const { name, state, since, cause } = router;
  return [
    name,
    isObserving(router) ? `observing (would be ${state})` : `${state}${waitText(router, now)}`,
    formatAge(now - since),
    cause,
    priorityText(router),
    masterOf(router),
    addressesOf(router),
  ];
}

function trackRow({ name, up, value, detail, since }: TrackReport, now: number): string[] {
  const verdict = up === undefined ? "unknown" : up ? "up" : "down";
  const state = value === undefined ? verdict : `${verdict} (${value})`;
  return [name, state, formatAge(now - since), printable(detail)];
}

const HOLD_DOWNS: ReadonlyMap<string, string> = new Map([
  ["damping", "lost its place too often"],
  ["not-heard", "a master did not hear it"],
]);

/** Why a backup does not take the place of a lower master, though it could. */
function waitText({ standby, heldBack, holdDown }: RouterReport, now: number): string {
  if (standby === true) return " (standby)";
  if (heldBack) return " (held back)";
  if (holdDown === undefined || holdDown.until <= now) return "";
  const why = HOLD_DOWNS.get(holdDown.why) ?? "preempts later";
  return ` (${why}: ${formatAge(holdDown.until - now)} more)`;
}

/** With what the file says, when what is tracked has shifted it. */
function priorityText({ priority, basePriority = priority }: RouterReport): string {
  return priority === basePriority ? `${priority}` : `${priority} (of ${basePriority})`;
}

function isObserving({ mode }: RouterReport): boolean {
  return mode === "observe";
}

function masterOf(router: RouterReport): string {
  const { state, master } = router;
  if (state === "Master" && !isObserving(router)) return "here";
  return master === undefined ? "–" : `${master.source} (${master.priority})`;
}

/** With an interface where it is not the router's own, and with what is not as it should be. */
function addressesOf(router: RouterReport): string {
  const { interface: own, addresses, held, state } = router;
  const texts = addresses.map((one) => {
    const isHeld = held.some((other) => other.address === one.address && other.interface === one.interface);
    const arm = one.interface === own ? "" : ` on ${one.interface}`;
    if (isObserving(router)) return `${one.address}${arm}`;
    if (state === "Master" && !isHeld) return `${one.address}${arm} (MISSING)`;
    return state !== "Master" && isHeld ? `${one.address}${arm} (still here)` : `${one.address}${arm}`;
  });
  return texts.join(", ");
}

/** Nothing when there is nothing but what the services say. */
function tableText({ table }: StatusReport): string[] {
  if (table === undefined) return [];
  const { mode, namespace, refused, pending, strangers, sysctls, timeouts, sync } = table;
  const settings = [
    ...Object.entries(sysctls).map(([name, value]) => `net.ipv4.vs.${name} = ${value}`),
    ...Object.entries(timeouts).map(([name, seconds]) => `IPVS timeout ${name} = ${seconds}s`),
  ];
  const lines = [
    ...(namespace === undefined ? [] : [`IPVS of the network namespace ${printable(namespace)}`]),
    ...(mode === "observe" ? ["IPVS is only observed: nothing of the above is written"] : []),
    ...pending.map((line) => `  would ${line}`),
    ...(refused.length > 0 ? ["IPVS is NOT as the file says, and it is tried again:"] : []),
    ...refused.map((line) => `  refused: ${printable(line)}`),
    ...(strangers.length > 0 ? [`somebody else's, and left alone: ${strangers.join(", ")}`] : []),
    ...(settings.length > 0 ? [settings.join(", ")] : []),
    ...(sync === undefined ? [] : syncLines(sync)),
  ];
  return lines.length > 0 ? [lines.join("\n")] : [];
}

function syncLines({ daemons, strangers, refused, pending }: SyncReport): string[] {
  return [
    daemons.join(", ") || "no sync daemon of ours runs",
    ...refused.map((text) => `  refused: ${text}`),
    ...strangers.map((text) => `  somebody else's, and left alone: ${text}`),
    ...pending.map((text) => `  would ${text}`),
  ];
}

/** Of a longer list only so many are shown. */
const SHOWN_RULES = 20;

function marksText({ marks }: StatusReport): string[] {
  if (marks === undefined) return [];
  const { rules, problem } = marks;
  const verdict = problem === undefined ? "in place" : `NOT in place: ${printable(problem)}`;
  const more = rules.length - SHOWN_RULES;
  const lines = [
    `marks, set by nftables: ${verdict}`,
    ...rules.slice(0, SHOWN_RULES).map((rule) => `  ${rule}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  return [lines.join("\n")];
}

/** One by one only those that are not as they should be. */
function staticsText(statics: StatusReport["statics"]): string {
  const missing = statics.filter(({ problem }) => problem !== undefined);
  const head = `static: ${statics.length - missing.length} of ${statics.length} in place`;
  return [head, ...missing.map(({ text, problem = "" }) => `  ${text}: ${printable(problem)}`)].join("\n");
}

function serviceText(
  { name, protocol, listen, scheduler, servers, sorry, quorum, resting, panic }: ServiceReport,
  { now, at }: StatusReport,
): string {
  const listens = listenTexts(listen);
  const all = sorry === undefined ? servers : [...servers, sorry];
  const table = columns([SERVER_HEADS, ...all.map((server) => serverRow(server, now))]);
  const overrides = servers.flatMap((server) => overrideText(server, now, at));
  const head = `service ${name}: ${protocol} ${listens}, ${scheduler}`;
  const failing = all.flatMap(checksText);
  const rest = resting ? ["checks: none while another director serves"] : [];
  const alarm = panic ? ["PANIC: failed servers get connections, for this director is the suspect"] : [];
  return [head, table, ...rest, ...failing, ...alarm, ...quorumText(quorum), ...overrides].join("\n");
}

/** Which of several, while not all of them pass. */
function checksText({ name, checks }: ServerReport): string[] {
  if (checks.every(({ state }) => state !== "down")) return [];
  return [
    `checks of ${name}: ${checks.map(({ check, state }) => `${printable(check)} ${state}`).join(", ")}`,
  ];
}

function quorumText(quorum: ServiceReport["quorum"]): string[] {
  if (quorum === undefined) return [];
  const { of, have, need, held } = quorum;
  const verdict = held === undefined ? "nobody knows yet" : held ? "held" : "LOST";
  return [`quorum: ${verdict}, ${have} of ${need} ${of}`];
}

/** What an operator has said of it; ages by the clock of people, for it may be from before a reboot. */
function overrideText({ name, override }: ServerReport, now: number, at: number): string[] {
  if (override === undefined) return [];
  const said = `(${printable(override.by)}, ${formatAge((at - override.at) * 1_000)} ago)`;
  if (override.kind === "weight") return [`override: ${name} has weight ${override.weight} ${said}`];
  const { connections, deadline } = override;
  const latest = deadline === undefined ? "" : `, in ${formatAge(deadline - now)} at the latest`;
  return [`override: ${name} drains until ${connections} active connections are left${latest} ${said}`];
}

function serverRow(server: ServerReport, now: number): string[] {
  const { name, endpoint, state, since, weight, cause } = server;
  return [
    name,
    serverText(endpoint),
    state,
    formatAge(now - since),
    weight === undefined ? "–" : String(weight),
    cause,
    lastCheck(server, now),
  ];
}

function lastCheck({ last }: ServerReport, now: number): string {
  if (last === undefined) return "–";
  const { result, at } = last;
  const ago = `${formatAge(now - at)} ago`;
  if (result.kind === "passed") return `passed in ${formatDuration(micros(result.latency))}, ${ago}`;
  const detail = result.detail === "" ? "" : ` (${printable(result.detail)})`;
  return `${result.reason}${detail}, ${ago}`;
}
