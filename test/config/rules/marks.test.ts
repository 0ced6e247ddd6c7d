import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadCluster } from "../../../src/config/load.ts";
import { settingsFor } from "../../../src/config/settings.ts";
import { markRuleText } from "../../../src/netlink/mark-rule.ts";
import { ALL, but, checkIssues, clusterOf } from "../support.ts";

const listening = (list: string, file = ALL) => but('["192.0.2.100:80"]', `[${list}]`, file);
const matching = (match: string) => listening(`{ mark = 5, family = 4, match = ${match} }`);
const virtual = (match: string) => but("vrid = 51", 'vrid = 51\nmac = "virtual"', matching(match));
const also = (service: string) => `${matching('{ tcp = ["192.0.2.100:80"] }')}
[services.other]
check.type = "none"
servers.a.address = "10.0.0.21"
${service}`;
const VIP6 = but('"192.0.2.100", {', '"192.0.2.100", "2001:db8::100", {');

describe("match", () => {
  checkIssues([
    ["of one protocol", matching('{ tcp = ["192.0.2.100:80"] }')],
    [
      "of all of them",
      matching('{ tcp = ["192.0.2.100:80"], udp = ["192.0.2.100:80"], sctp = ["192.0.2.100:80"] }'),
    ],
    ["of every port, more than a service could listen to", matching('{ tcp = ["192.0.2.100:*"] }')],
    ["of no protocol", matching("^{}"), "bad-match"],
    ["of an interface and no protocol", matching('^{ interface = "eth0" }'), "bad-match"],
    ["of no endpoint", matching("{ tcp = ^[] }"), "too-few"],
    ["of an interface", matching('{ interface = "eth0", tcp = ["192.0.2.100:80"] }')],
    ["of no interface", matching('{ interface = ^"eth 0", tcp = ["192.0.2.100:80"] }'), "bad-interface"],
    [
      "of a protocol without ports",
      matching('{ tcp = ["192.0.2.100:80"], ^icmp = ["192.0.2.100:8"] }'),
      "unknown-key",
    ],
    ["without a port", matching('{ tcp = [^"192.0.2.100"] }'), "bad-endpoint"],
    ["of a port that does not exist", matching('{ tcp = [^"192.0.2.100:80-65536"] }'), "bad-port"],
    ["of addresses in the wrong order", matching('{ tcp = [^"192.0.2.100-99:80"] }'), "bad-range"],
    ["of the other family", matching('{ tcp = [^"[2001:db8::100]:80"] }'), "match-of-other-family"],
    [
      "of an address that does not float",
      matching('{ tcp = [^"192.0.2.99-100:80"] }'),
      "warning listen-not-floating",
    ],
    ["of packets twice", matching('{ tcp = ["192.0.2.100:80-90", ^"192.0.2.100:90-99"] }'), "match-taken"],
    ["of packets of another protocol", matching('{ tcp = ["192.0.2.100:80"], udp = ["192.0.2.100:80"] }')],
    ["of neighbouring packets", matching('{ tcp = ["192.0.2.100:80-89", "192.0.2.100:90"] }')],
    [
      "of another mark's packets",
      also('listen = [{ mark = 6, family = 4, match = { tcp = [^"192.0.2.100:1-1024"] } }]'),
      "match-taken",
    ],
    [
      "of another mark's packets, by an interface, where it counts first",
      also('listen = [{ mark = 6, family = 4, match = { interface = "eth0", tcp = ["192.0.2.100:80"] } }]'),
    ],
    [
      "of packets twice by one interface",
      matching('{ interface = "eth0", tcp = ["192.0.2.100:80", ^"192.0.2.100:80"] }'),
      "match-taken",
    ],
    [
      "of what another service listens on",
      also('listen = ["192.0.2.100:80"]').replace('tcp = ["', 'tcp = [^"'),
      "warning listen-marked",
    ],
    [
      "of what another service listens on, by an interface",
      also('listen = ["192.0.2.100:80"]').replace("match = {", 'match = { interface = "eth0",'),
    ],
    [
      "of the interface below a virtual MAC address",
      virtual('{ interface = "eth0", tcp = [^"192.0.2.100:80"] }'),
      "warning match-below-virtual-mac",
    ],
    ["of the interface that is made for one", virtual('{ interface = "vrrp.51", tcp = ["192.0.2.100:80"] }')],
    ["of the interface of an address beside it", virtual('{ interface = "eth1", tcp = ["10.0.0.1:80"] }')],
    ["beside what another service listens on", also('listen = ["192.0.2.100:81"]')],
    ["of as many ranges as the kernel takes at once", matching(`{ tcp = [${ports(1_024)}] }`)],
    ["of one more", matching(`{ tcp = [${ports(1_024)}, ^"192.0.2.100:60000"] }`), "too-many-matches"],
  ]);

  it("says where clients are served, as `listen` does", () => {
    const nat = but(
      '{ address = "10.0.0.1/24", interface = "eth1" }',
      '"192.0.2.101/24"',
      matching('{ tcp = ["192.0.2.99-101:80"] }'),
    );
    const result = loadCluster(nat, "cluster.toml");
    assert.deepEqual(result.kind === "ok" && result.warnings.map(({ code }) => code), [
      "listen-not-floating",
      "gateway-not-floating",
    ]);
  });

  it("becomes the ranges that it is written in", () => {
    const six = '{ mark = 6, family = 6, match = { udp = ["[2001:db8::100]:53,5000-6000"] } }';
    const four =
      '{ mark = 5, family = 4, match = { interface = "eth0", sctp = ["192.0.2.100:*"], tcp = ["192.0.2.100:80"] } }';
    const { marks, services } = settingsFor(
      clusterOf(
        listening(`${six}, ${four}, { mark = 7, family = 4 }`, VIP6).replace(
          ':8080"',
          '"\nforward = "tunnel"',
        ),
      ),
      "lb1",
    );
    assert.deepEqual(marks.map(markRuleText), [
      "udp [2001:db8::100]:53 → mark 6",
      "udp [2001:db8::100]:5000-6000 → mark 6",
      "tcp 192.0.2.100:80 by eth0 → mark 5",
      "sctp 192.0.2.100:* by eth0 → mark 5",
    ]);
    assert.deepEqual(services[0]?.listen, [
      { family: 6, mark: 6 },
      { family: 4, mark: 5 },
      { family: 4, mark: 7 },
    ]);
  });
});

/** Of one address, none beside another. */
function ports(count: number): string {
  return Array.from({ length: count }, (_, index) => `"192.0.2.100:${2 * index + 1}"`).join(", ");
}
