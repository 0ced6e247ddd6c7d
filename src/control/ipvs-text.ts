/** `keelson ipvs show` for people. */
import type { IpvsInfo } from "../ipvs/info.ts";
import type { Statistics } from "../ipvs/statistics.ts";
import { daemonText } from "../ipvs/sync-plan.ts";
import { TIMEOUT_NAMES, type Timeouts } from "../ipvs/timeouts.ts";
import type { DaemonView, ServerView, ServiceView } from "./ipvs-view.ts";
import { columns } from "./table.ts";

const HEADS = [
  "server",
  "name",
  "forward",
  "weight",
  "active",
  "inactive",
  "conns",
  "conns/s",
  "in/s",
  "out/s",
  "why",
];
const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;
const STRANGER = "STRANGER: not made by Keelson";

/** What the kernel says beside its table. */
interface Kernel {
  /** Path of the network namespace, if it is not that of this process. */
  readonly namespace?: string;
  readonly info: IpvsInfo | undefined;
  readonly timeouts: Timeouts | undefined;
  readonly daemons: readonly DaemonView[];
}

/** @param away why there is no balancer to ask */
export function tableText(
  { namespace, info, timeouts, daemons }: Kernel,
  services: readonly ServiceView[],
  away: string | undefined,
): string {
  const kernel =
    info === undefined ? "IPVS" : `IPVS ${info.version}, ${info.connectionTableSize} buckets for connections`;
  const source = "whose a line is comes from the journal, and nobody knows why a weight is what it is";
  return [
    [
      kernel,
      ...(namespace === undefined ? [] : [`of the network namespace ${namespace}`]),
      ...timeoutsText(timeouts),
      ...daemons.map(daemonLine),
    ].join("\n"),
    ...(away === undefined ? [] : [`The balancer is away (${away}): ${source}.`]),
    ...(services.length === 0 ? ["The table is empty."] : services.map(serviceText)),
  ].join("\n\n");
}

function timeoutsText(timeouts: Timeouts | undefined): string[] {
  if (timeouts === undefined) return [];
  const lengths = TIMEOUT_NAMES.map((name) => `${name} ${timeouts[name]}s`);
  return [`connections without packets are forgotten after: ${lengths.join(", ")}`];
}

function daemonLine(daemon: DaemonView): string {
  return `${daemonText(daemon)}${daemon.ours ? "" : ` (${STRANGER})`}`;
}

function serviceText({
  service,
  name,
  ours,
  scheduler,
  persistence,
  onePacket,
  statistics,
  servers,
}: ServiceView): string {
  const traits = [
    service,
    scheduler,
    ...(persistence === undefined ? [] : [`persistent for ${persistence}s`]),
    ...(onePacket ? ["one packet"] : []),
  ];
  const whose = ours ? (name === undefined ? "" : ` (service ${name})`) : ` (${STRANGER})`;
  const { connections, connectionsPerSecond, inBytesPerSecond, outBytesPerSecond } = statistics;
  const rates = `${connectionsPerSecond} a second, ${rateText(inBytesPerSecond)}/s in, ${rateText(outBytesPerSecond)}/s out`;
  const head = `${traits.join(", ")}${whose}: ${connections} connections, ${rates}`;
  if (servers.length === 0) return `${head}\nno servers`;
  return `${head}\n${columns([HEADS, ...servers.map((server) => serverRow(server, ours))])}`;
}

function serverRow(server: ServerView, within: boolean): string[] {
  const { activeConnections, inactiveConnections, statistics } = server;
  return [
    server.server,
    server.name ?? "–",
    server.forward,
    String(server.weight),
    String(activeConnections),
    String(inactiveConnections),
    ...rateCells(statistics),
    within && !server.ours ? STRANGER : (server.cause ?? "–"),
  ];
}

function rateCells({
  connections,
  connectionsPerSecond,
  inBytesPerSecond,
  outBytesPerSecond,
}: Statistics): string[] {
  return [
    String(connections),
    String(connectionsPerSecond),
    rateText(inBytesPerSecond),
    rateText(outBytesPerSecond),
  ];
}

/** Bytes, with three digits or a bit more: `0B`, `1.2kB`, `118MB`. */
export function rateText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1_000 && unit < UNITS.length - 1; unit++) value /= 1_000;
  const digits = unit > 0 && value < 100 ? 1 : 0;
  return `${value.toFixed(digits)}${UNITS[unit] ?? ""}`;
}
