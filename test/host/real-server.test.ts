import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import type { ServiceSettings } from "../../src/balance/settings.ts";
import {
  type HostState,
  isMet,
  type Made,
  madeAfter,
  NOTHING_MADE,
  needLine,
  needsOf,
  obstacles,
  type Step,
  stepLine,
  stepsDown,
  stepsUp,
} from "../../src/host/real-server.ts";
import { isCheckedDevice, realServerOf } from "../../src/host/served.ts";
import { sysctlName } from "../../src/host/sysctl-name.ts";
import type { Tunnel } from "../../src/ipvs/settings.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import type { MarkRule } from "../../src/netlink/mark-rule.ts";

const [VIP, SIX] = [ip("192.0.2.100"), ip("2001:db8::100")];
const direct = (...addresses: readonly IpAddress[]) =>
  needsOf({ addresses: addresses.map(onLoopback), devices: [], guePorts: [] });
const onLoopback = (address: IpAddress) => ({ interface: "lo", address });
const [IGNORE, ANNOUNCE] = ["ipv4/conf/all/arp_ignore", "ipv4/conf/all/arp_announce"];

function service(
  name: string,
  listen: readonly string[],
  forward: "direct" | "nat" = "direct",
): ServiceSettings {
  const server = (own: string, address: string) => {
    return {
      name: own,
      endpoint: { address: ip(address), port: 80 },
      forward,
      weight: 1,
      checks: [],
      askedAt: 80,
    };
  };
  return {
    name,
    protocol: "tcp",
    listen: listen.map((address) => ({ address: ip(address), port: 80 })),
    scheduler: "wlc",
    onFailure: "remove",
    removeAfter: seconds(60),
    policy: PLAIN_POLICY,
    checks: [],
    servers: [server("rs1", "192.0.2.11"), server("rs2", "192.0.2.12")],
  };
}

function host(sysctls: Readonly<Record<string, string>>, ...onLoopback: readonly string[]): HostState {
  return {
    addresses: onLoopback.map((address) => ({ interface: "lo", address: ip(address) })),
    sysctl: (path) => sysctls[path],
    linkUp: () => undefined,
    modeAny: () => false,
    guePorts: [],
    hasModule: () => false,
  };
}

const PLAIN = { [IGNORE]: "0", [ANNOUNCE]: "0" };
const SET_UP = { [IGNORE]: "1", [ANNOUNCE]: "2" };

describe("which real server a host is", () => {
  const services = [
    service("web", [VIP]),
    service("dns", [VIP, SIX]),
    service("mail", ["192.0.2.200"], "nat"),
  ];

  it("by its addresses: every service that goes to one of them directly", () => {
    const found = realServerOf({ services, marks: [] }, { addresses: [ip("127.0.0.1"), ip("192.0.2.12")] });
    assert.deepEqual(found.names, ["rs2 of service web", "rs2 of service dns"]);
    assert.deepEqual([found.addresses, found.devices, found.guePorts], [[VIP, SIX].map(onLoopback), [], []]);
  });

  it("has the addresses whose packets its services mark, and no other's", () => {
    const rule = (mark: number, first: string, last = first): MarkRule => {
      return { mark, protocol: "tcp", first: ip(first), last: ip(last), ports: { from: 80, to: 80 } };
    };
    const marks = [rule(5, "192.0.2.100", "192.0.2.102"), rule(5, SIX), rule(6, "192.0.2.200")];
    const shop = { ...service("shop", []), listen: [{ mark: 5, family: 4 } as const] };
    assert.deepEqual(
      realServerOf({ services: [shop], marks }, { name: "rs1" }).addresses,
      ["192.0.2.100", "192.0.2.101", "192.0.2.102"].map((one) => onLoopback(ip(one))),
    );
  });

  it("by name, or none", () => {
    assert.deepEqual(
      realServerOf({ services, marks: [] }, { name: "rs1" }).addresses,
      [VIP, SIX].map(onLoopback),
    );
    assert.deepEqual(realServerOf({ services, marks: [] }, { name: "rs3" }).names, []);
    assert.deepEqual(realServerOf({ services, marks: [] }, { addresses: [VIP] }).names, []);
  });
});

describe("the way out of a tunnel", () => {
  const tunnelled = (address: string, listen: readonly string[], tunnel?: Tunnel) => {
    const { servers, ...rest } = service("web", listen);
    const traits = { forward: "tunnel", ...(tunnel === undefined ? {} : { tunnel }) } as const;
    const endpoint = { address: ip(address), port: 80 };
    const services = [{ ...rest, servers: servers.map((one) => ({ ...one, ...traits, endpoint })) }];
    return realServerOf({ services, marks: [] }, { name: "rs1" });
  };
  const [FOUR, SIX_SERVER] = ["192.0.2.11", "2001:db8::11"];
  const gue: Tunnel = { type: "gue", port: 6_080, checksum: "none" };
  const checkedGre: Tunnel = { type: "gre", checksum: "full" };

  // Which protocol is in which: IPPROTO_IPIP, IPPROTO_IPV6 and IPPROTO_GRE of linux/in.h, and who registers for it.
  for (const [title, found, devices] of [
    ["IPv4 in IPv4", tunnelled(FOUR, [VIP]), ["tunl0"]],
    ["IPv6 in IPv4", tunnelled(FOUR, [SIX]), ["sit0"]],
    ["both in IPv4", tunnelled(FOUR, [VIP, SIX]), ["tunl0", "sit0"]],
    ["either in IPv6", tunnelled(SIX_SERVER, [VIP, SIX]), ["ip6tnl0"]],
    ["GRE over IPv4", tunnelled(FOUR, [VIP, SIX], { type: "gre", checksum: "none" }), ["gre0"]],
    ["GRE over IPv6", tunnelled(SIX_SERVER, [VIP], { type: "gre", checksum: "none" }), ["ip6gre0"]],
    ["GRE with checksums over IPv4", tunnelled(FOUR, [VIP], checkedGre), ["kgre-c000020b"]],
    ["GRE with checksums over IPv6", tunnelled(SIX_SERVER, [VIP], checkedGre), ["kgre6-5e5aebc4"]],
    ["GUE over IPv4", tunnelled(FOUR, [VIP], gue), ["tunl0"]],
  ] as const) {
    it(`${title} is ${devices.join(" and ")}`, () => {
      assert.deepEqual(
        found.devices.map(({ name }) => name),
        devices,
      );
      assert.deepEqual(found.guePorts, title.startsWith("GUE") ? [{ family: 4, port: 6_080 }] : []);
    });
  }

  it("of IPv4 through IPv6 is a device that is told to take it", () => {
    const modeOf = (listen: readonly string[]) =>
      needsOf(tunnelled(SIX_SERVER, listen)).find(({ kind }) => kind === "mode");
    assert.equal(modeOf([SIX]), undefined);
    const mode = modeOf([VIP, SIX]);
    assert(mode !== undefined);
    assert.equal(needLine(mode), "ip -6 tunnel change ip6tnl0 mode any");
    assert.equal(isMet(mode, host(PLAIN)), false);
    assert.equal(isMet(mode, { ...host(PLAIN), modeAny: (name) => name === "ip6tnl0" }), true);
  });

  it("of GRE with checksums has a name that all of the server's address goes into", () => {
    const names = ["2001:db8:1::11", "2001:db8:2::11"].flatMap((address) => {
      return tunnelled(address, [VIP], checkedGre).devices.map(({ name }) => name);
    });
    // FNV-1a of the 16 bytes.
    assert.deepEqual(names, ["kgre6-79a9fd3f", "kgre6-4bbd017a"]);
    for (const name of names) assert.ok(isCheckedDevice(name));
  });

  for (const [address, name, type] of [
    [FOUR, "kgre-c000020b", "gre"],
    [SIX_SERVER, "kgre6-5e5aebc4", "ip6gre"],
  ] as const) {
    it(`of GRE with checksums to ${address} is a device of its own, which is made, and deleted with all it has`, () => {
      const needs = needsOf(tunnelled(address, [VIP], checkedGre));
      assert.deepEqual(needs.map(needLine).slice(0, 3), [
        `ip link add ${name} type ${type} local ${address} icsum`,
        `sysctl -w net.ipv4.conf.${name}.rp_filter=2`,
        `ip link set ${name} up`,
      ]);
      const filter = `ipv4/conf/${name}/rp_filter`;
      const fresh: HostState = { ...host({ ...SET_UP, [filter]: "0" }), linkUp: () => false };
      const up = stepsUp(needs, fresh, NOTHING_MADE);
      const made = madeAfter(up, NOTHING_MADE);
      const addresses = [{ interface: name, address: VIP }];
      const done: HostState = { ...host({ ...SET_UP, [filter]: "2" }), addresses, linkUp: () => true };
      assert.deepEqual(stepsUp(needs, done, made), []);
      const down = stepsDown(done, made);
      assert.deepEqual(down.map(stepLine), [
        `ip address del 192.0.2.100/32 dev ${name}`,
        `ip link delete ${name}`,
      ]);
      assert.deepEqual(madeAfter(down, made), NOTHING_MADE);
    });
  }

  it("is a device that is up, a loose filter, and a port for GUE; silence and addresses are as with direct routing", () => {
    const needs = needsOf(tunnelled(FOUR, [VIP], gue));
    assert.deepEqual(needs.map(needLine), [
      "modprobe ipip",
      "modprobe fou",
      "sysctl -w net.ipv4.conf.tunl0.rp_filter=2",
      "ip link set tunl0 up",
      "ip fou add port 6080 gue",
      ...direct(VIP)
        .map(needLine)
        .map((line) => line.replace(" lo", " tunl0")),
    ]);
    const state: HostState = { ...host({ ...PLAIN, "ipv4/conf/tunl0/rp_filter": "1" }), linkUp: () => false };
    const up = stepsUp(needs, state, NOTHING_MADE);
    assert.deepEqual(up.slice(0, 3).map(stepLine), needs.slice(2, 5).map(needLine));
    const made = madeAfter(up, NOTHING_MADE);
    const there = { ...host({ ...SET_UP, "ipv4/conf/tunl0/rp_filter": "2" }), linkUp: () => true };
    const addresses = [{ interface: "tunl0", address: VIP }];
    const done: HostState = { ...there, addresses, guePorts: [{ family: 4, port: 6_080 }] };
    assert.deepEqual(stepsUp(needs, done, made), []);
    const down = stepsDown(done, made);
    assert.deepEqual(down.slice(0, 3).map(stepLine), [
      "ip address del 192.0.2.100/32 dev tunl0",
      "ip fou del port 6080",
      "ip link set tunl0 down",
    ]);
    assert.deepEqual(madeAfter(down, made), NOTHING_MADE);
    assert.equal(stepsUp(direct(VIP), done, made).length, 5);
  });
});

describe("what a real server needs", () => {
  const needs = direct(VIP, SIX);

  it("is silence first, then the addresses, as lines for a shell", () => {
    assert.deepEqual(needs.map(needLine), [
      "sysctl -w net.ipv4.conf.all.arp_ignore=1",
      "sysctl -w net.ipv4.conf.all.arp_announce=2",
      "ip address replace 192.0.2.100/32 dev lo",
      "ip address replace 2001:db8::100/128 dev lo nodad preferred_lft 0",
    ]);
  });

  it("is no silence about IPv6 addresses", () => {
    assert.deepEqual(
      direct(SIX).map(({ kind }) => kind),
      ["address"],
    );
  });

  for (const [value, enough] of [
    ["0", false],
    ["1", true],
    ["2", true],
    ["3", false],
    ["8", true],
  ] as const) {
    it(`arp_ignore = ${value} is ${enough ? "enough" : "not enough"}`, () => {
      const [silence] = needs;
      assert(silence !== undefined);
      assert.equal(isMet(silence, host({ [IGNORE]: value })), enough);
    });
  }

  it("is hindered by an address that is on another interface", () => {
    const state = { ...host(PLAIN, SIX), addresses: [{ interface: "eth0", address: VIP }] };
    const server = { addresses: [VIP, SIX].map(onLoopback), devices: [] };
    const [found, ...others] = obstacles(server, state, NOTHING_MADE);
    assert.match(found ?? "", /^192\.0\.2\.100 is on eth0.+ip address del 192\.0\.2\.100 dev eth0/);
    assert.deepEqual(others, []);
  });

  it("is not hindered by an address that an earlier call put on another device: that one goes", () => {
    const before = { interface: "gre0", address: VIP };
    const after = { interface: "kgre-c000020b", address: VIP };
    const state = { ...host(SET_UP), addresses: [before] };
    const earlier = { ...NOTHING_MADE, addresses: [before] };
    const server = { addresses: [after], devices: [], guePorts: [] };
    assert.deepEqual(obstacles(server, state, earlier), []);
    assert.deepEqual(stepsUp(needsOf(server), state, earlier), [
      { kind: "add", arm: after },
      { kind: "remove", arm: before },
    ]);
  });
});

describe("the way there and back", () => {
  const needs = direct(VIP);
  const up: Step[] = [
    { kind: "set", path: IGNORE, before: "0", value: "1" },
    { kind: "set", path: ANNOUNCE, before: "0", value: "2" },
    { kind: "add", arm: onLoopback(VIP) },
  ];
  const made: Made = {
    ...NOTHING_MADE,
    addresses: [onLoopback(VIP)],
    sysctls: [
      { path: IGNORE, before: "0", value: "1" },
      { path: ANNOUNCE, before: "0", value: "2" },
    ],
  };

  it("goes there, and once there has nothing to do", () => {
    assert.deepEqual(stepsUp(needs, host(PLAIN), NOTHING_MADE), up);
    assert.deepEqual(madeAfter(up, NOTHING_MADE), made);
    assert.deepEqual(stepsUp(needs, host(SET_UP, VIP), made), []);
  });

  it("goes back: first the addresses, then what keeps silent about them", () => {
    const down = stepsDown(host(SET_UP, VIP), made);
    assert.deepEqual(down.map(stepLine), [
      "ip address del 192.0.2.100/32 dev lo",
      "sysctl -w net.ipv4.conf.all.arp_announce=0",
      "sysctl -w net.ipv4.conf.all.arp_ignore=0",
    ]);
    assert.deepEqual(madeAfter(down, made), NOTHING_MADE);
  });

  it("leaves what was there before, and what somebody else has changed since", () => {
    assert.deepEqual(stepsUp(needs, host(SET_UP, VIP), NOTHING_MADE), []);
    assert.deepEqual(stepsDown(host(SET_UP, VIP), NOTHING_MADE), []);
    assert.deepEqual(stepsDown(host({ [IGNORE]: "2", [ANNOUNCE]: "0" }), made), []);
  });

  it("goes on with another file: new addresses come, those of old go, and silence lasts while it is needed", () => {
    const other = ip("192.0.2.101");
    const both = host(SET_UP, VIP);
    assert.deepEqual(stepsUp(direct(other), both, made), [
      { kind: "add", arm: onLoopback(other) },
      { kind: "remove", arm: onLoopback(VIP) },
    ]);
    assert.deepEqual(
      stepsUp(direct(SIX), both, made).map(({ kind }) => kind),
      ["add", "remove", "restore", "restore"],
    );
  });

  it("remembers the value that was there first, whatever came between", () => {
    const again: Step = { kind: "set", path: IGNORE, before: "3", value: "1" };
    const found = madeAfter([again], made).sysctls.find(({ path }) => path === IGNORE);
    assert.equal(found?.before, "0");
  });
});

describe("the name of a kernel setting", () => {
  it("has slashes where an interface has dots", () => {
    assert.equal(sysctlName("ipv4/conf/eth0.5/rp_filter"), "net.ipv4.conf.eth0/5.rp_filter");
  });
});
