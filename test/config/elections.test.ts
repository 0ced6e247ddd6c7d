/** One router, an election for each family: what of it goes into which, and what keeps them together. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeChange, planChange } from "../../src/config/change.ts";
import { routersFor, settingsFor } from "../../src/config/settings.ts";
import type { RouterSettings } from "../../src/vrrp/settings.ts";
import { but, checkIssues, clusterOf } from "./support.ts";

const SHARED = `
[cluster]
name = "shop"
[directors.lb1]
address = ["192.0.2.11", "2001:db8::11"]
interface = "eth0"
[directors.lb2]
address = ["192.0.2.12", "2001:db8::12"]
interface = "eth0"
[routers.front]
vrid = 51
interval = "100ms"
priority = { lb1 = 150, lb2 = 100 }
addresses = ["192.0.2.100", "2001:db8::100", "192.0.2.101"]
`;
const EACH = `${SHARED}election = "per-family"\n`;

function elections(text: string): readonly RouterSettings[] {
  return routersFor(clusterOf(text), "lb1");
}

function inShort(text: string): string[] {
  return elections(text).map(({ name, vrid, transport: { family }, addresses, syncGroup }) => {
    const list = addresses.map(({ address }) => address).join(", ");
    return `${name}: ${vrid} over IPv${family} for ${list}; ${syncGroup ?? "alone"}`;
  });
}

describe("the elections of a router", () => {
  it("are one, unless it says otherwise", () => {
    assert.deepEqual(inShort(SHARED), [
      "front: 51 over IPv4 for 192.0.2.100, 2001:db8::100, 192.0.2.101; alone",
    ]);
  });

  it("are two with one VRID that stay together, the first with the router's name", () => {
    const group = "both families of front";
    assert.deepEqual(inShort(EACH), [
      `front: 51 over IPv4 for 192.0.2.100, 192.0.2.101; ${group}`,
      `front/6: 51 over IPv6 for 2001:db8::100; ${group}`,
    ]);
    assert.deepEqual(
      inShort(but('["192.0.2.100", "2001:db8::100"', '["2001:db8::100", "192.0.2.100"', EACH)),
      [
        `front: 51 over IPv6 for 2001:db8::100; ${group}`,
        `front/4: 51 over IPv4 for 192.0.2.100, 192.0.2.101; ${group}`,
      ],
    );
  });

  it("are both in the sync group that names the router", () => {
    const back = '[routers.back]\nvrid = 52\ninterval = "100ms"\npriority = { lb1 = 150, lb2 = 100 }\n';
    const group = `${back}addresses = ["10.0.0.1"]\n[sync_groups.all]\nrouters = ["front", "back"]\n`;
    const groups = elections(EACH + group).map(({ name, syncGroup }) => `${name} ${syncGroup}`);
    assert.deepEqual(groups, ["front all", "front/6 all", "back all"]);
  });

  it("each have the routes and rules of their family", () => {
    const steering = `routes = [{ destination = "default", via = "192.0.2.1" }, { destination = "default", via = "2001:db8::1" }]
rules = [{ from = "2001:db8::100", table = 100, priority = 500 }, { fwmark = 1, table = 100, priority = 501 }]
`;
    const shares = elections(EACH + steering).map(({ steering: { routes, rules } }) => {
      return [...routes, ...rules].map(({ family }) => family);
    });
    assert.deepEqual(shares, [
      [4, 4],
      [6, 6],
    ]);
  });

  it("each have the source, the group and the checksum of their family", () => {
    const own = `source = { lb1 = ["fe80::11", "192.0.2.21"], lb2 = "192.0.2.22" }
group = ["ff02::1234", "239.1.2.3"]
checksum = "plain"
`;
    const [first, second] = elections(EACH + own).map(({ transport }) => transport);
    assert.deepEqual(first, {
      version: 3,
      family: 4,
      audience: { kind: "group", group: "239.1.2.3", directors: ["192.0.2.22"] },
      checksum: "plain",
      source: "192.0.2.21",
    });
    assert.deepEqual(second, {
      version: 3,
      family: 6,
      audience: { kind: "group", group: "ff02::1234" },
      checksum: "pseudo-header",
      source: "fe80::11",
    });
  });

  it("each speak to the peers of their family", () => {
    const peers = elections(`${EACH}unicast = true\n`).map(({ transport: { source, audience } }) => {
      return [source, audience.kind === "peers" ? audience.peers : []];
    });
    assert.deepEqual(peers, [
      ["192.0.2.11", ["192.0.2.12"]],
      ["2001:db8::11", ["2001:db8::12"]],
    ]);
  });

  it("each have the interface of their family's virtual MAC address", () => {
    const named = `${EACH}mac = { type = "virtual", interface = "vip" }\n`;
    const links = elections(named).map(({ virtualLinks, transport: { device }, addresses }) => {
      return [
        virtualLinks.map(({ name }) => name),
        device,
        [...new Set(addresses.map((one) => one.interface))],
      ];
    });
    assert.deepEqual(links, [
      [["vip"], "vip", ["vip"]],
      [["vrrp6.51"], "vrrp6.51", ["vrrp6.51"]],
    ]);
  });

  it("are in the plan, as what they are", () => {
    const [before, after] = [SHARED, EACH].map((text) => settingsFor(clusterOf(text), "lb1"));
    assert.ok(before !== undefined && after !== undefined);
    assert.deepEqual(planChange(before, after).map(describeChange), [
      "router front: sync_group none → both families of front",
      "router front: address 2001:db8::100 removed (/128 on eth0)",
      "router front/6 added (VRID 51 on eth0, priority 150, 1 address)",
    ]);
  });
});

describe("an election for each family", () => {
  checkIssues([
    ["of two", EACH],
    [
      "of one",
      but('"2001:db8::100", ', "", EACH).replace('"per-family"', '^"per-family"'),
      "election-of-one-family",
    ],
    ["in version 2", `${but('"100ms"', '"1s"', EACH)}version = ^2\n`, "version-2-ipv6"],
    ["with equal priorities", but("lb2 = 100", "lb2 = ^150", EACH), "equal-priorities"],
    [
      "with another router's VRID",
      `${EACH}[routers.back]\nvrid = ^51\npriority = { lb1 = 150, lb2 = 100 }\naddresses = ["2001:db8::200"]\n`,
      "vrid-taken",
    ],
    ["of a misspelt kind", but('"per-family"', '^"perfamily"', EACH), "unknown-value"],
    ["with a group of each family", `${EACH}group = ["239.1.2.3", "ff02::1234"]\n`],
    ["with a group of one", `${EACH}group = "ff02::1234"\n`],
    ["with two groups of one family", `${EACH}group = ["239.1.2.3", ^"239.1.2.4"]\n`, "bad-group"],
    ["with something else than a group", `${EACH}group = [^"192.0.2.1", "ff02::1234"]\n`, "bad-group"],
    ["with a source of each family", `${EACH}source = { lb1 = ["192.0.2.21", "fe80::1"] }\n`],
    [
      "with two sources of one",
      `${EACH}source = { lb1 = ["fe80::1", ^"fe80::2"] }\n`,
      "source-of-other-family",
    ],
    [
      "unicast with a director that lacks a family",
      but('["192.0.2.12", "2001:db8::12"]', '"192.0.2.12"', `${EACH}unicast = ^true\n`),
      "unicast-without-address",
    ],
    ["with the other checksum", `${EACH}checksum = "plain"\n`],
  ]);
});

describe("one election for both families", () => {
  checkIssues([
    ["said in so many words", `${SHARED}election = "shared"\n`],
    ["with a group of the other family, too", `${SHARED}group = ["239.1.2.3", ^"ff02::1234"]\n`, "bad-group"],
    [
      "with a source of the other family, too",
      `${SHARED}source = { lb1 = ["192.0.2.21", ^"fe80::1"] }\n`,
      "source-of-other-family",
    ],
  ]);
});
