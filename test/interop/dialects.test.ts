/**
 * Keelson and keepalived as one pair in every way that VRRP is spoken: the backup believes its master for as long as that
 * lives, and succeeds it with all addresses when it stops, in both orders; or when Keelson's elector dies. One chain for
 * each way: a lab, and a start, take longer than an election.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "dgram-extras";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import type { MacAddress } from "../../src/net/mac.ts";
import { virtualMac } from "../../src/vrrp/virtual-link.ts";
import { type Capture, openCapture } from "../support/capture.ts";
import { interopSkip, type Keelson, type KeelsonSettings, startKeelson } from "../support/keelson.ts";
import { type Keepalived, type KeepalivedSettings, startKeepalived } from "../support/keepalived.ts";
import { type Lab, openLab } from "../support/lab.ts";
import { portOf, VIP, VIP6 } from "../support/topology.ts";
import { until } from "../support/until.ts";

const skip = interopSkip();
const LINK_LOCAL_VIP = ip("fe80::100");
/** Three intervals and the skew of the lower priority, with something to spare. */
const MASTER_DOWN = 4;

type Node = "d1" | "d2";
type Director = Keelson | Keepalived;

interface Dialect {
  readonly name: string;
  readonly intervalMillis?: number;
  /** All that float. */
  readonly addresses?: readonly IpAddress[];
  /** Of all directors; absent: each has that of its port. */
  readonly mac?: MacAddress;
  keelson(node: Node): Pick<KeelsonSettings, "router" | "peer">;
  keepalived(node: Node): Partial<KeepalivedSettings>;
}

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
  {
    name: "IPv6",
    addresses: [LINK_LOCAL_VIP, VIP6],
    keelson: () => ({}),
    keepalived: () => ({ addresses: [LINK_LOCAL_VIP, VIP6] }),
  },
  {
    name: "IPv4, with an IPv6 address that floats along",
    addresses: [VIP, VIP6],
    keelson: () => ({}),
    keepalived: () => ({
      addresses: [VIP],
      instance: `virtual_ipaddress_excluded {\n    ${VIP6}\n  }`,
    }),
  },
  {
    name: "IPv6, with an IPv4 address that floats along",
    addresses: [LINK_LOCAL_VIP, VIP],
    keelson: () => ({}),
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
      peer: ip6Of(otherOf(node)),
    }),
    keepalived: (node) => ({ addresses: [VIP6], instance: unicastPeer(node, "address6") }),
  },
  {
    name: "a virtual MAC address",
    mac: virtualMac(51, 4),
    keelson: () => ({ router: 'mac = "virtual"' }),
    keepalived: () => ({ instance: "use_vmac" }),
  },
];

for (const dialect of DIALECTS) {
  test(`${dialect.name}: each follows and succeeds the other`, { skip }, async (context) => {
    const lab = await openLab(context);
    const capture = openCapture(context, lab);
    const { addresses = [VIP] } = dialect;
    const keelson = (priority: number) =>
      startKeelson(lab, "d1", { ...settingsOf(dialect, priority), ...dialect.keelson("d1") });
    const keepalived = (priority: number) =>
      startKeepalived(lab, "d2", { ...settingsOf(dialect, priority), ...dialect.keepalived("d2") });
    const first = await keelson(200);
    await holdsAll(lab, "d1", addresses, first);
    const second = await keepalived(150);
    await succeed(lab, capture, dialect, first, second, "d2");
    const third = await keelson(100);
    await succeed(lab, capture, dialect, second, third, "d1");
    const fourth = await keepalived(50);
    await third.killElector();
    await holdsAll(lab, "d2", addresses, fourth);
    const released = async () => (await held(lab, "d1", addresses)).length === 0;
    await until("the last will", released, { explain: () => third.log });
  });
}

/** A new backup on `node` believes its master for as long as that lives, and succeeds it when it stops. */
async function succeed(
  lab: Lab,
  capture: Capture,
  { intervalMillis = 100, addresses = [VIP], mac }: Dialect,
  master: Director,
  backup: Director,
  node: Node,
): Promise<void> {
  const other = otherOf(node);
  // Nothing happens in this time: that is what is looked at.
  await pause(2 * MASTER_DOWN * intervalMillis);
  assert.deepEqual(await held(lab, node, addresses), [], backup.log);
  assert.deepEqual(await held(lab, other, addresses), addresses, master.log);
  const since = monotonicMicros();
  await master.stop();
  await holdsAll(lab, node, addresses, backup);
  assert.deepEqual(await held(lab, other, addresses), []);
  const from = mac ?? portOf(node, "outer").mac;
  const announced = () => {
    const seen = capture.announcements.filter((one) => one.mac === from && one.atMicros >= since);
    return addresses.every((address) => seen.some((one) => one.address === address));
  };
  await until("announcements of all addresses", announced, { explain: () => backup.log });
}

function settingsOf({ intervalMillis = 100, addresses = [VIP] }: Dialect, priority: number) {
  return { priority, intervalMillis, addresses };
}

async function held(lab: Lab, node: Node, addresses: readonly IpAddress[]): Promise<IpAddress[]> {
  const found = await Promise.all(addresses.map((address) => lab.holds(node, address)));
  return addresses.filter((_, index) => found[index]);
}

async function holdsAll(
  lab: Lab,
  node: Node,
  addresses: readonly IpAddress[],
  director: Director,
): Promise<void> {
  const all = async () => (await held(lab, node, addresses)).length === addresses.length;
  await until(`all addresses on ${node}`, all, { deadlineMs: 20_000, explain: () => director.log });
}

function otherOf(node: Node): Node {
  return node === "d1" ? "d2" : "d1";
}

function ip6Of(node: Node): IpAddress {
  const { address6 } = portOf(node, "outer");
  assert.ok(address6 !== undefined);
  return address6;
}

function unicastPeer(node: Node, address: "address" | "address6"): string {
  const [own, other] = [node, otherOf(node)].map((one) => portOf(one, "outer")[address]);
  return `unicast_src_ip ${own}\n  unicast_peer {\n    ${other}\n  }`;
}
