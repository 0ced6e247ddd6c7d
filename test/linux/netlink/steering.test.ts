/** Routes and rules in the real kernel, in a namespace of their own, as `ip` shows them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RouteClient } from "../../../src/linux/netlink/route-client.ts";
import { steer } from "../../../src/linux/netlink/steering.ts";
import { ip } from "../../../src/net/ip.ts";
import type { Prefix } from "../../../src/netlink/route.ts";
import { NO_STEERING, type Steering, type VirtualRoute } from "../../../src/vrrp/steering.ts";
import { labSkip } from "../../support/lab.ts";
import { destroyNamespaces, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { run } from "../../support/processes.ts";
import { atExit } from "../../support/teardown.ts";

const NAMESPACE = `kl-${process.pid}-steer`;

function prefix(address: string, length: number): Prefix {
  return { address: ip(address), length };
}

const plain = { family: 4, type: "unicast", table: 254, scope: "global", onlink: false } as const;
const OFFICE: VirtualRoute = {
  ...plain,
  destination: prefix("198.51.100.0", 24),
  via: ip("192.0.2.9"),
  metric: 5,
};
const ALL: Steering = {
  routes: [
    { ...OFFICE, source: ip("192.0.2.1"), interface: "eth0", table: 1_000, onlink: true, mtu: 1_300 },
    { ...plain, destination: prefix("203.0.113.0", 24), interface: "eth0", scope: "link" },
    { ...plain, type: "blackhole", destination: prefix("198.51.100.7", 32) },
    { ...plain, family: 6, type: "prohibit", destination: prefix("2001:db8:5::", 48), metric: 7 },
  ],
  rules: [
    { family: 4, from: prefix("192.0.2.100", 32), fwmark: 16, mask: 255, table: 1_000, priority: 500 },
    { family: 6, iif: "eth0", table: 100, priority: 501 },
  ],
};

describe("steering", { skip: labSkip() }, () => {
  let client: RouteClient;
  let index = 0;

  before(async () => {
    atExit(() => destroyNamespaces([NAMESPACE]));
    await ipBatch([`netns add ${NAMESPACE}`]);
    const links = ["link add name eth0 type veth peer name peer0", "link set peer0 up", "link set eth0 up"];
    await ipBatch(["link set lo up", ...links, "addr add 192.0.2.1/24 dev eth0"], NAMESPACE);
    client = new RouteClient(namespacePath(NAMESPACE));
    index = client.links().find(({ name }) => name === "eth0")?.index ?? 0;
  });

  after(() => {
    client.close();
    destroyNamespaces([NAMESPACE]);
  });

  const shown = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await run(["ip", "-netns", NAMESPACE, ...words], { timeoutMs: 5_000 });
    return stdout
      .split("\n")
      .map((line) => line.trim().replace(/\s+/g, " "))
      .filter((line) => line.includes("proto 75"));
  };
  const ask = (gone: Steering, wanted: Steering, anew = true) =>
    steer(client, (name) => (name === "eth0" ? index : undefined), { gone, wanted, anew })?.code;
  const routes = async () => [
    ...(await shown("-4", "route", "show", "table", "all")),
    ...(await shown("-6", "route", "show", "table", "all")),
  ];
  const rules = async () => [...(await shown("-4", "rule")), ...(await shown("-6", "rule"))];

  it("comes, comes again and goes", async () => {
    for (const anew of [true, false, true]) assert.equal(ask(NO_STEERING, ALL, anew), undefined);
    assert.deepEqual(await routes(), [
      "198.51.100.0/24 via 192.0.2.9 dev eth0 table 1000 proto 75 src 192.0.2.1 metric 5 onlink mtu 1300",
      "blackhole 198.51.100.7 proto 75",
      "203.0.113.0/24 dev eth0 proto 75 scope link",
      "prohibit 2001:db8:5::/48 dev lo proto 75 metric 7 pref medium",
    ]);
    assert.deepEqual(await rules(), [
      "500: from 192.0.2.100 fwmark 0x10/0xff lookup 1000 proto 75",
      "501: from all iif eth0 lookup 100 proto 75",
    ]);
    assert.equal(ask(ALL, NO_STEERING), undefined);
    assert.deepEqual([...(await routes()), ...(await rules())], []);
    assert.equal(ask(ALL, NO_STEERING), undefined, "what is gone already is gone");
  });

  it("leaves what is somebody else's alone, and says that it is in the way", async () => {
    await ipBatch(["route add 198.51.100.0/24 via 192.0.2.8 metric 5"], NAMESPACE);
    const wanted = { routes: [OFFICE], rules: [] };
    assert.equal(ask(NO_STEERING, wanted), "EEXIST");
    assert.equal(ask(wanted, NO_STEERING), undefined);
    const { stdout } = await run(["ip", "-netns", NAMESPACE, "route"], { timeoutMs: 5_000 });
    assert.match(stdout, /198\.51\.100\.0\/24 via 192\.0\.2\.8 dev eth0 metric 5/);
  });

  it("tells what the kernel refuses, and does the rest", async () => {
    const lost: VirtualRoute = { ...OFFICE, interface: "eth7" };
    const unreachable: VirtualRoute = { ...OFFICE, via: ip("203.0.113.9"), metric: 6 };
    const fine: VirtualRoute = { ...OFFICE, metric: 7 };
    assert.equal(ask(NO_STEERING, { routes: [lost, fine], rules: [] }), "ENODEV");
    assert.equal(ask(NO_STEERING, { routes: [unreachable, fine], rules: [] }), "ENETUNREACH");
    assert.deepEqual(await routes(), ["198.51.100.0/24 via 192.0.2.9 dev eth0 proto 75 metric 7"]);
  });
});
