import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import type { ServiceSettings } from "../../src/balance/settings.ts";
import {
  type HostState,
  isMet,
  type Made,
  madeAfter,
  needLine,
  needsOf,
  obstacles,
  realServerOf,
  type Step,
  stepLine,
  stepsDown,
  stepsUp,
} from "../../src/host/real-server.ts";
import { sysctlName } from "../../src/host/sysctl-name.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";

const [VIP, SIX] = [ip("192.0.2.100"), ip("2001:db8::100")];
const NOTHING: Made = { addresses: [], sysctls: [] };
const [IGNORE, ANNOUNCE] = ["ipv4/conf/all/arp_ignore", "ipv4/conf/all/arp_announce"];

function service(
  name: string,
  listen: readonly string[],
  forward: "direct" | "nat" = "direct",
): ServiceSettings {
  const server = (own: string, address: string) => {
    return { name: own, endpoint: { address: ip(address), port: 80 }, forward, weight: 1 };
  };
  return {
    name,
    protocol: "tcp",
    listen: listen.map((address) => ({ address: ip(address), port: 80 })),
    scheduler: "wlc",
    onFailure: "remove",
    removeAfter: seconds(60),
    policy: PLAIN_POLICY,
    servers: [server("rs1", "192.0.2.11"), server("rs2", "192.0.2.12")],
  };
}

function host(sysctls: Readonly<Record<string, string>>, ...onLoopback: readonly string[]): HostState {
  return {
    addresses: onLoopback.map((address) => ({ interface: "lo", address: ip(address) })),
    sysctl: (path) => sysctls[path],
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
    const found = realServerOf(services, { addresses: [ip("127.0.0.1"), ip("192.0.2.12")] });
    assert.deepEqual(found, { names: ["rs2 of service web", "rs2 of service dns"], addresses: [VIP, SIX] });
  });

  it("by name, or none", () => {
    assert.deepEqual(realServerOf(services, { name: "rs1" }).addresses, [VIP, SIX]);
    assert.deepEqual(realServerOf(services, { name: "rs3" }), { names: [], addresses: [] });
    assert.deepEqual(realServerOf(services, { addresses: [VIP] }).names, []);
  });
});

describe("what a real server needs", () => {
  const needs = needsOf({ addresses: [VIP, SIX] });

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
      needsOf({ addresses: [SIX] }).map(({ kind }) => kind),
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
    const [found, ...others] = obstacles({ addresses: [VIP, SIX] }, state);
    assert.match(found ?? "", /^192\.0\.2\.100 is on eth0.+ip address del 192\.0\.2\.100 dev eth0/);
    assert.deepEqual(others, []);
  });
});

describe("the way there and back", () => {
  const needs = needsOf({ addresses: [VIP] });
  const up: Step[] = [
    { kind: "set", path: IGNORE, before: "0", value: "1" },
    { kind: "set", path: ANNOUNCE, before: "0", value: "2" },
    { kind: "add", address: VIP },
  ];
  const made: Made = {
    addresses: [VIP],
    sysctls: [
      { path: IGNORE, before: "0", value: "1" },
      { path: ANNOUNCE, before: "0", value: "2" },
    ],
  };

  it("goes there, and once there has nothing to do", () => {
    assert.deepEqual(stepsUp(needs, host(PLAIN), NOTHING), up);
    assert.deepEqual(madeAfter(up, NOTHING), made);
    assert.deepEqual(stepsUp(needs, host(SET_UP, VIP), made), []);
  });

  it("goes back: first the addresses, then what keeps silent about them", () => {
    const down = stepsDown(host(SET_UP, VIP), made);
    assert.deepEqual(down.map(stepLine), [
      "ip address del 192.0.2.100/32 dev lo",
      "sysctl -w net.ipv4.conf.all.arp_announce=0",
      "sysctl -w net.ipv4.conf.all.arp_ignore=0",
    ]);
    assert.deepEqual(madeAfter(down, made), NOTHING);
  });

  it("leaves what was there before, and what somebody else has changed since", () => {
    assert.deepEqual(stepsUp(needs, host(SET_UP, VIP), NOTHING), []);
    assert.deepEqual(stepsDown(host(SET_UP, VIP), NOTHING), []);
    assert.deepEqual(stepsDown(host({ [IGNORE]: "2", [ANNOUNCE]: "0" }), made), []);
  });

  it("goes on with another file: new addresses come, those of old go, and silence lasts while it is needed", () => {
    const other = ip("192.0.2.101");
    const both = host(SET_UP, VIP);
    assert.deepEqual(stepsUp(needsOf({ addresses: [other] }), both, made), [
      { kind: "add", address: other },
      { kind: "remove", address: VIP },
    ]);
    assert.deepEqual(
      stepsUp(needsOf({ addresses: [SIX] }), both, made).map(({ kind }) => kind),
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
