/**
 * The lab's plan: who is on which cable, with fixed addresses so that captures compare.
 *
 *   outer bridge 10.0.0.0/24, 2001:db8::/64     c client, k cold client, d1 d2 d3 directors, r1 r2 real servers, s sniffer
 *   inner bridge 192.168.1.0/24                 d1 d2 d3, r1 r2, s
 */

import { Bug } from "../../src/net/bug.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { type MacAddress, parseMac } from "../../src/net/mac.ts";

export const NODES = ["c", "k", "d1", "d2", "d3", "r1", "r2", "s"] as const;
export type NodeName = (typeof NODES)[number];
export type Arm = "outer" | "inner";

export const VIP = ip("10.0.0.100");
export const VIP6 = ip("2001:db8::100");
/** The inner arm of the virtual router: the real servers' way back. */
export const INNER_VIP = ip("192.168.1.100");

export interface Port {
  readonly arm: Arm;
  /** In the node. */
  readonly interface: "eth0" | "eth1";
  /** Its other end, on the bridge. */
  readonly cable: string;
  readonly mac: MacAddress;
  readonly address: IpAddress;
  readonly address6: IpAddress | undefined;
}

export const DIRECTORS = ["d1", "d2", "d3"] as const satisfies readonly NodeName[];

const HOST_NUMBERS = { c: 10, k: 20, d1: 1, d2: 2, d3: 3, r1: 11, r2: 12, s: 30 } as const;
const ON_INNER: readonly NodeName[] = [...DIRECTORS, "r1", "r2", "s"];

export function portsOf(node: NodeName): readonly Port[] {
  const outer = portOf(node, "outer");
  return ON_INNER.includes(node) ? [outer, portOf(node, "inner")] : [outer];
}

export function portOf(node: NodeName, arm: Arm): Port {
  const number = HOST_NUMBERS[node];
  const digits = String(number).padStart(2, "0");
  const inner = arm === "inner";
  if (inner && !ON_INNER.includes(node)) throw new Bug(`${node} has no inner arm`);
  return {
    arm,
    interface: inner ? "eth1" : "eth0",
    cable: `${node}-${arm}`,
    mac: mac(`02:00:00:00:0${inner ? 1 : 0}:${digits}`),
    address: ip(inner ? `192.168.1.${number}` : `10.0.0.${number}`),
    address6: inner ? undefined : ip(`2001:db8::${number}`),
  };
}

export function bridgeOf(arm: Arm): "br0" | "br1" {
  return arm === "outer" ? "br0" : "br1";
}

/** `ip -batch` lines for the initial namespace: every namespace, every bridge, every cable in its place. */
export function creation(namespaceOf: (node: NodeName | "bridge") => string): string[] {
  const bridge = namespaceOf("bridge");
  const cables = NODES.flatMap((node) =>
    portsOf(node).map(
      (port) =>
        `link add name ${port.cable} netns ${bridge} type veth ` +
        `peer name ${port.interface} netns ${namespaceOf(node)} address ${port.mac}`,
    ),
  );
  return [`netns add ${bridge}`, ...NODES.map((node) => `netns add ${namespaceOf(node)}`), ...cables];
}

/** `ip -batch` lines for the bridges' namespace. Without snooping and spanning tree a bridge forwards at once and to all. */
export function bridgeSetup(): string[] {
  const bridges = (["outer", "inner"] as const).flatMap((arm) => [
    `link add name ${bridgeOf(arm)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${bridgeOf(arm)} up`,
  ]);
  const cables = NODES.flatMap((node) =>
    portsOf(node).map((port) => `link set ${port.cable} master ${bridgeOf(port.arm)} up`),
  );
  return [...bridges, ...cables];
}

/** `ip -batch` lines for a node's namespace. */
export function nodeSetup(node: NodeName): string[] {
  const ports = portsOf(node).flatMap((port) => [
    `addr add ${port.address}/24 dev ${port.interface}`,
    ...(port.address6 === undefined ? [] : [`addr add ${port.address6}/64 dev ${port.interface} nodad`]),
    `link set ${port.interface} up`,
  ]);
  return ["link set lo up", ...ports, ...neighbours(node)];
}

/**
 * A director whose cable was out for a moment waits up to a second before it asks for the client again,
 * and that would be measured as an outage: the directors always know the client.
 */
function neighbours(node: NodeName): string[] {
  if (!DIRECTORS.some((director) => director === node)) return [];
  const client = portOf("c", "outer");
  return [`neigh replace ${client.address} lladdr ${client.mac} dev eth0 nud permanent`];
}

function mac(text: string): MacAddress {
  const address = parseMac(text);
  if (address === undefined) throw new Bug(`not a MAC address: ${text}`);
  return address;
}
