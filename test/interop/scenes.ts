/** The cases of Keelson beside keepalived and FRR: who is there, what happens, and who is master then. Nothing here runs. */
import { type IpAddress, ip } from "../../src/net/ip.ts";
import type { KeelsonSettings } from "../support/keelson.ts";
import type { KeepalivedSettings } from "../support/keepalived.ts";
import { type DIRECTORS, portOf, VIP, VIP6 } from "../support/topology.ts";

export type Node = (typeof DIRECTORS)[number];
export type Product = "keelson" | "keepalived" | "frr";

/** How the products are told the same. */
interface Dialect {
  readonly name: string;
  readonly intervalMillis?: number;
  /** All that float. */
  readonly addresses?: readonly IpAddress[];
  /** All speak with the same MAC address: a switch follows whoever spoke last. */
  readonly sharedMac?: boolean;
  keelson?(node: Node): Pick<KeelsonSettings, "router" | "peer" | "preempt">;
  keepalived?(node: Node): Partial<KeepalivedSettings>;
}

export const EVENTS = {
  stops: "an orderly stop",
  starts: "the program starts again",
  "starts behind": "the program starts again, with priority 20",
  "is killed": "SIGKILL for Keelson's elector alone",
  dies: "the whole machine: SIGKILL for everything, and the cable is out",
  "loses its link": "the cable is out",
  "has its link back": "the cable is in again",
  "falls to 30": "its priority, by a reload",
  rises: "its priority, by a reload, to what it was",
  "is not heard": "a one-way cut: it hears all, and nobody hears it",
  "is cut off": "both ways, with its carrier",
  "is heard again": "the cut, or the partition, is healed",
} as const;

export type EventName = keyof typeof EVENTS;

export interface Step {
  readonly node: Node;
  readonly event: EventName;
  /** Whoever has the addresses then. */
  readonly masters: readonly Node[];
  /** The new master must not be one before this. */
  readonly notBeforeMillis?: number;
}

export interface Scene extends Dialect {
  /** With their priorities; the first is to be master. */
  readonly directors: readonly (readonly [Node, Product, number])[];
  readonly steps: readonly Step[];
}

const LINK_LOCAL_VIP = ip("fe80::100");
const PREEMPT_DELAY_MS = 1_000;

const PLAIN: Dialect = { name: "IPv4" };

const DIALECTS: readonly Dialect[] = [
  {
    name: "version 2 with a password",
    intervalMillis: 1_000,
    keelson: () => ({ router: 'version = 2\npassword = "s3cr3t"' }),
    keepalived: () => ({
      version: 2,
      instance: "authentication {\n    auth_type PASS\n    auth_pass s3cr3t\n  }",
    }),
  },
  {
    name: "another multicast group",
    keelson: () => ({ router: 'group = "224.0.0.181"' }),
    keepalived: () => ({ global: "vrrp_mcast_group4 224.0.0.181" }),
  },
  { name: "IPv6", addresses: [LINK_LOCAL_VIP, VIP6] },
  {
    name: "IPv4, with an IPv6 address that floats along",
    addresses: [VIP, VIP6],
    keepalived: () => ({
      addresses: [VIP],
      instance: `virtual_ipaddress_excluded {\n    ${VIP6}\n  }`,
    }),
  },
  {
    name: "IPv6, with an IPv4 address that floats along",
    addresses: [LINK_LOCAL_VIP, VIP],
    keepalived: () => ({
      addresses: [LINK_LOCAL_VIP],
      instance: `virtual_ipaddress_excluded {\n    ${VIP}\n  }`,
    }),
  },
  {
    name: "unicast",
    keelson: (node) => ({ router: "unicast = true", peer: portOf(otherOf(node), "outer").address }),
    keepalived: (node) => ({ instance: unicastPeer(node, "address") }),
  },
  {
    name: "unicast over IPv6",
    addresses: [VIP6],
    keelson: (node) => ({
      router: `unicast = true\nmin_ttl = 64\nsource = { ${node} = "${portOf(node, "outer").address6}" }`,
      peer: ip(`${portOf(otherOf(node), "outer").address6}`),
    }),
    keepalived: (node) => ({ instance: unicastPeer(node, "address6") }),
  },
  {
    name: "a virtual MAC address",
    sharedMac: true,
    keelson: () => ({ router: 'mac = "virtual"' }),
    keepalived: () => ({ instance: "use_vmac" }),
  },
];

const STOP: Step = { node: "d1", event: "stops", masters: ["d2"] };
const START: Step = { node: "d1", event: "starts", masters: ["d1"] };
const DEATH: Step = { node: "d1", event: "dies", masters: ["d2"] };
const CUT_OFF: Step = { node: "d1", event: "is cut off", masters: ["d1", "d2"] };

/** Each follows the other, succeeds it, and gives way; Keelson is d1. */
const CHAIN: readonly Step[] = [
  STOP,
  START,
  { node: "d1", event: "falls to 30", masters: ["d2"] },
  { node: "d2", event: "stops", masters: ["d1"] },
  { node: "d2", event: "starts behind", masters: ["d1"] },
  { node: "d1", event: "is killed", masters: ["d2"] },
];
/** All that can happen to a pair. */
const LIFE: readonly Step[] = [
  { node: "d1", event: "falls to 30", masters: ["d2"] },
  { node: "d1", event: "rises", masters: ["d1"] },
  { node: "d1", event: "loses its link", masters: ["d2"] },
  { node: "d1", event: "has its link back", masters: ["d1"] },
  { node: "d1", event: "is not heard", masters: ["d1", "d2"] },
  { node: "d1", event: "is heard again", masters: ["d1"] },
  CUT_OFF,
  { node: "d1", event: "is heard again", masters: ["d1"] },
  STOP,
  START,
  DEATH,
];
/** The higher address decides, but nobody preempts an equal. */
const EQUALS: readonly Step[] = [CUT_OFF, { node: "d1", event: "is heard again", masters: ["d2"] }];
const THREE: readonly Step[] = [
  STOP,
  START,
  CUT_OFF,
  { node: "d1", event: "is heard again", masters: ["d1"] },
  DEATH,
  { node: "d2", event: "stops", masters: ["d3"] },
];

const PATIENT: Dialect = {
  name: "no preemption",
  keelson: () => ({ preempt: false }),
  keepalived: () => ({ preempt: false }),
};
const DELAYED: Dialect = {
  name: `preemption after ${PREEMPT_DELAY_MS} ms`,
  keelson: () => ({ preempt: `{ delay = "${PREEMPT_DELAY_MS}ms", damping = false }` }),
  keepalived: () => ({ instance: `preempt_delay ${PREEMPT_DELAY_MS / 1_000}` }),
};

const FAMILIES: readonly Dialect[] = [{ name: "IPv4" }, { name: "IPv6", addresses: [LINK_LOCAL_VIP, VIP6] }];

/** Whatever takes longest comes first: several happen at a time. */
export const SCENES: readonly Scene[] = [
  ...DIALECTS.map((dialect) => chain(dialect, "keepalived")),
  ...FAMILIES.map((family) => chain(family, "frr")),
  ...inOrder("keelson", "keepalived"),
  ...inOrder("keepalived", "keelson"),
];

function chain(dialect: Dialect, other: Product): Scene {
  return { ...dialect, directors: pairOf("keelson", other), steps: CHAIN };
}

function pairOf(first: Product, second: Product) {
  return [
    ["d1", first, 150],
    ["d2", second, 100],
  ] as const;
}

function inOrder(first: Product, second: Product): Scene[] {
  const directors = pairOf(first, second);
  const equals = [
    ["d1", first, 100],
    ["d2", second, 100],
  ] as const;
  return [
    { ...PLAIN, directors, steps: LIFE },
    { ...PLAIN, name: "three directors", directors: [...directors, ["d3", first, 50]], steps: THREE },
    { ...PLAIN, name: "a short interval", intervalMillis: 10, directors, steps: [STOP, START, DEATH] },
    { ...PLAIN, name: "equal priorities", directors: equals, steps: EQUALS },
    { ...PATIENT, directors, steps: [STOP, { ...START, masters: ["d2"] }] },
    { ...DELAYED, directors, steps: [STOP, { ...START, notBeforeMillis: PREEMPT_DELAY_MS }] },
  ];
}

/** What a client asks for. */
export function serviceOf({ addresses = [VIP] }: Scene): IpAddress {
  return addresses.includes(VIP) ? VIP : VIP6;
}

/** As the document names it. */
export function titleOf({ name, intervalMillis = 100, directors }: Scene): string {
  const who = directors.map(([node, product, priority]) => `${node} ${product} ${priority}`).join(", ");
  return `${name}, ${intervalMillis} ms: ${who}`;
}

function otherOf(node: Node): Node {
  return node === "d1" ? "d2" : "d1";
}

function unicastPeer(node: Node, address: "address" | "address6"): string {
  const [own, other] = [node, otherOf(node)].map((one) => portOf(one, "outer")[address]);
  return `unicast_src_ip ${own}\n  unicast_peer {\n    ${other}\n  }`;
}
