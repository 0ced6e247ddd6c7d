import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_TABLE_SETTINGS } from "../../src/balance/settings.ts";
import type { DirectorSettings } from "../../src/config/settings.ts";
import { CHECKS, diagnose, findingText } from "../../src/host/doctor.ts";
import type { HostPicture } from "../../src/host/picture.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";
import { routerSettings, VIP } from "../support/director.ts";
import { readSource } from "../support/modules.ts";
import { addressInfo, director, hostPicture, LINK, service } from "./fixture.ts";

const SIX = { address: ip("2001:db8::100"), prefixLength: 128, interface: "eth0" };
const UNKNOWN = { code: "ENOENT", errno: 2, call: "CTRL_CMD_GETFAMILY", text: "no such file" };
const nat = director({ services: [service("nat")] });
const signed = { mode: "enforce", activeKey: 1, keys: [], window: routerSettings().interval } as const;

/** What is said, without the levels; nothing of what is only good to know. */
function told(settings: DirectorSettings, changes: Partial<HostPicture>): string[] {
  const { findings } = diagnose(settings, hostPicture(changes));
  return findings.map((one) => `${one.level} ${one.check}: ${findingText(one)}`);
}

function sysctls(values: Readonly<Record<string, string>>): Partial<HostPicture> {
  return { sysctl: (path) => values[path] };
}

describe("a host that has everything", () => {
  it("is told so, by the names of what was looked at", () => {
    const host = hostPicture(sysctls({ "ipv4/ip_forward": "1" }));
    assert.deepEqual(diagnose(nat, host), {
      fine: [
        ...["interfaces", "addresses", "arp", "rp_filter", "firewall", "strangers", "ipvs", "schedulers"],
        ...["forwarding", "redirects", "connections", "ports", "managers", "cloud", "scheduling"],
      ],
      findings: [],
    });
  });

  it("is not asked for what the file does not need", () => {
    const { fine } = diagnose(director({ routers: [] }), hostPicture());
    assert.deepEqual(fine, []);
  });
});

describe("a host that lacks something", () => {
  const cases: readonly (readonly [
    title: string,
    settings: DirectorSettings,
    host: Partial<HostPicture>,
    told: readonly string[],
  ])[] = [
    [
      "an interface",
      director({}),
      { links: [] },
      ["error interfaces: interface eth0: there is none on this host"],
    ],
    [
      "an address to speak from",
      director({}),
      { sourceOf: () => undefined },
      ["error interfaces: interface eth0: has no IPv4 address of its own to send adverts from"],
    ],
    [
      "the link of an interface",
      director({}),
      { links: [{ ...LINK, up: false }] },
      [
        "warning interfaces: interface eth0: is down; its routers wait in Fault until it is up: ip link set eth0 up",
      ],
    ],
    [
      "IPv6 where an address of it floats",
      director({ routers: [routerSettings({ addresses: [SIX] })] }),
      sysctls({ "ipv6/conf/eth0/disable_ipv6": "1" }),
      ["error ipv6: interface eth0: IPv6 is turned off there: sysctl -w net.ipv6.conf.eth0.disable_ipv6=0"],
    ],
    [
      "IPVS",
      nat,
      { ...sysctls({ "ipv4/ip_forward": "1" }), noIpvs: UNKNOWN },
      [
        "error ipvs: the cluster file has services, but this kernel offers no IPVS (ENOENT: no such file): modprobe ip_vs",
      ],
    ],
    [
      "a scheduler",
      nat,
      { ...sysctls({ "ipv4/ip_forward": "1" }), lacksModule: (name) => name === "ip_vs_wlc" },
      ["error schedulers: service web: this kernel has no module ip_vs_wlc for its scheduler"],
    ],
    [
      "forwarding",
      nat,
      sysctls({ "ipv4/ip_forward": "0" }),
      ['warning forwarding: forward = "nat" needs a host that forwards: sysctl -w net.ipv4.ip_forward=1'],
    ],
    [
      "a clock that is kept, for signed adverts",
      director({
        routers: [routerSettings({ transport: { ...multicastTransport(4), authentication: signed } })],
      }),
      { clockKept: false },
      [
        "warning clock: signed adverts need clocks that agree, and nothing keeps this host's right: systemctl enable --now systemd-timesyncd",
      ],
    ],
    [
      "real-time scheduling",
      director({}),
      { noRealtime: "it is refused" },
      ["warning scheduling: it is refused"],
    ],
  ];
  for (const [title, settings, host, expected] of cases) {
    it(title, () => {
      const found = told(settings, host).filter((line) => !line.startsWith("note "));
      assert.deepEqual(found, expected);
    });
  }
});

describe("a host that has too much", () => {
  const forwards = { "ipv4/ip_forward": "1" };

  it("a floating address, on whatever interface, that we have not put there", () => {
    const addresses = [addressInfo("lo", VIP)];
    const [found = "", ...others] = told(nat, { ...sysctls(forwards), addresses });
    assert.match(
      found,
      /^error addresses: router front: 192\.\S+ is on lo already.+: ip address del 192\.\S+ dev lo$/,
    );
    assert.deepEqual(others, []);
    const ours = { addresses: [addressInfo("eth0", VIP)], owns: () => true };
    assert.deepEqual(told(nat, { ...sysctls(forwards), ...ours }), []);
  });

  it("silence about all addresses", () => {
    const found = told(nat, sysctls({ ...forwards, "ipv4/conf/all/arp_ignore": "8" }));
    assert.match(found[0] ?? "", /^error arp: .+: sysctl -w net\.ipv4\.conf\.all\.arp_ignore=0$/);
    assert.deepEqual(told(nat, sysctls({ ...forwards, "ipv4/conf/all/arp_ignore": "1" })), []);
  });

  it("two interfaces in one network, until each answers for itself", () => {
    const addresses = [addressInfo("eth0", ip("192.0.2.1")), addressInfo("eth1", ip("192.0.2.9"))];
    const shared = { addresses: addresses.map((one) => ({ ...one, prefixLength: 24 })) };
    const [found = "", ...others] = told(nat, { ...sysctls(forwards), ...shared });
    assert.match(found, /^warning arp: eth0 and eth1 are in one network, .+arp_ignore=1: .+arp_announce=2$/);
    assert.deepEqual(others, []);
    const apart = sysctls({ ...forwards, "ipv4/conf/all/arp_ignore": "1" });
    assert.deepEqual(told(nat, { ...apart, ...shared }), []);
    assert.deepEqual(told(nat, { ...sysctls(forwards), addresses }), []);
  });

  it("redirects past it, where NAT has one arm; with two they do no harm", () => {
    const values = sysctls({ ...forwards, "ipv4/conf/all/send_redirects": "1" });
    const [found = "", ...others] = told(nat, values);
    assert.match(found, /^warning redirects: .+: sysctl -w net\.ipv4\.conf\.all\.send_redirects=0$/);
    assert.deepEqual(others, []);
    const gateway = { address: ip("10.0.0.254"), prefixLength: 24, interface: "eth1" };
    const arms = [...routerSettings().addresses, gateway];
    const two = director({ routers: [routerSettings({ addresses: arms })], services: [service("nat")] });
    const links = [LINK, { ...LINK, index: 3, name: "eth1" }];
    assert.deepEqual(told(two, { ...values, links }), []);
  });

  it("a program of its own on a service's port, as a note", () => {
    const on = (address: string, port: number) => {
      const listeners = [{ protocol: "tcp", address: ip(address), port } as const];
      return told(nat, { ...sysctls(forwards), listeners });
    };
    assert.match(on("0.0.0.0", 80)[0] ?? "", /^note ports: service web: .+ tcp port 80, too/);
    assert.equal(on(VIP, 80).length, 1);
    assert.deepEqual([on("127.0.0.1", 80), on("0.0.0.0", 81)], [[], []]);
  });

  it("an interface for the sync of connections, and a setting with which it would never forward", () => {
    const sync = {
      interface: "eth1",
      id: 1,
      group: ip("224.0.0.81"),
      port: 1,
      ttl: 1,
      beforeMove: seconds(3),
    };
    const syncing = (more = {}) => ({ ...nat, table: { ...nat.table, sync: { ...sync, ...more } } });
    const ready = { ...sysctls(forwards), links: [LINK, { ...LINK, name: "eth1" }] };
    assert.deepEqual(told(syncing(), ready), []);
    const absent = told(syncing(), { ...ready, links: [LINK] });
    assert.deepEqual(absent, ["error sync: [ipvs.sync]: there is no interface eth1 on this host"]);
    const [down = ""] = told(syncing(), { ...ready, links: [LINK, { ...LINK, name: "eth1", up: false }] });
    assert.match(down, /^warning sync: .+: ip link set eth1 up$/);
    const backups = { ...ready, ...sysctls({ ...forwards, "ipv4/vs/backup_only": "1" }) };
    const [mute = ""] = told(syncing(), backups);
    assert.match(mute, /^error sync: .+: sysctl -w net\.ipv4\.vs\.backup_only=0$/);
    assert.deepEqual(told(syncing({ router: "front" }), backups), []);
  });

  it("somebody else who looks after its interfaces", () => {
    const networkd = new Map([["eth0", "systemd-networkd"]] as const);
    const [found = ""] = told(nat, { ...sysctls(forwards), managers: networkd });
    assert.match(found, /^warning managers: systemd-networkd looks after eth0, .+KeepConfiguration=static/);
    const netplan = new Map([["eth0", "netplan"]] as const);
    const [drop = ""] = told(nat, { ...sysctls(forwards), managers: netplan });
    assert.match(drop, /^warning managers: netplan .+10-netplan-eth0\.network\.d\/keelson\.conf/);
    const manager = new Map([["eth0", "NetworkManager"]] as const);
    const [other = ""] = told(nat, { ...sysctls(forwards), managers: manager });
    assert.match(other, /nmcli device set eth0 managed no$/);
    const elsewhere = new Map([["eth9", "NetworkManager"]] as const);
    assert.deepEqual(told(nat, { ...sysctls(forwards), managers: elsewhere }), []);
  });
});

describe("a host that balances in another network namespace", () => {
  const namespace = "/run/netns/lb";
  const settings = director({ services: [service("nat")], table: { ...NO_TABLE_SETTINGS, namespace } });
  const there = { ...hostPicture(), namespace };
  const taken = { protocol: "tcp", address: ip("0.0.0.0"), port: 80 } as const;

  it("is asked there for what concerns services, and here for the rest", () => {
    const here = { ...sysctls({ "ipv4/ip_forward": "1" }), listeners: [taken], links: [] };
    const balancing = { ...there, ...sysctls({ "ipv4/ip_forward": "0" }) };
    assert.deepEqual(told(settings, { ...here, balancing }), [
      "error interfaces: interface eth0: there is none on this host",
      `warning forwarding: in ${namespace}: forward = "nat" needs a host that forwards: nsenter --net=${namespace} sysctl -w net.ipv4.ip_forward=1`,
    ]);
    const busy = { ...there, listeners: [taken], noIpvs: UNKNOWN, ...sysctls({ "ipv4/ip_forward": "1" }) };
    assert.deepEqual(
      diagnose(settings, hostPicture({ balancing: busy })).findings.map(({ check }) => check),
      ["ipvs", "ports"],
    );
  });

  it("has what there is to mend mended there", () => {
    const { findings } = diagnose(settings, hostPicture({ balancing: there }));
    assert.deepEqual(
      findings.flatMap(({ remedies }) => remedies),
      [{ kind: "sysctl", path: "ipv4/ip_forward", value: "1", namespace }],
    );
  });

  it("is told that there is no such namespace, and nothing of what would be in it", () => {
    const balancing = { namespace, problem: `there is no network namespace ${namespace}` };
    assert.deepEqual(told(settings, { balancing }), [
      `error namespace: [ipvs]: there is no network namespace ${namespace}`,
    ]);
    assert.ok(!diagnose(settings, hostPicture({ balancing })).fine.includes("ipvs"));
  });
});

describe("a host in a cloud", () => {
  const unicast = { kind: "peers", peers: [], minTtl: 255 } as const;
  const alone = director({
    routers: [routerSettings({ transport: { ...multicastTransport(4), audience: unicast } })],
  });

  for (const [machine, said] of [
    ["Amazon EC2 t3.small", /Amazon EC2 carries no multicast/],
    ["Google Google Compute Engine", /Google Compute Engine/],
    ["Microsoft Corporation Virtual Machine", /Azure/],
    ["OpenStack Foundation OpenStack Nova", /allowed address pairs/],
    ["VMware, Inc. VMware Virtual Platform", /forged transmits/],
  ] as const) {
    it(machine, () => {
      const [found = "", ...others] = told(director({ services: [service("direct")] }), { machine });
      assert.match(found, /^warning cloud: /);
      assert.match(found, said);
      assert.deepEqual(others, []);
      assert.match(told(alone, { machine }).find((one) => one.includes(" cloud: ")) ?? "", /^note /);
    });
  }

  it("an unread firewall and older rules are said to be so, as notes", () => {
    const rules = { kind: "unread", why: "not permitted" } as const;
    assert.match(told(director({}), { rules })[0] ?? "", /^note firewall: .+not permitted$/);
    const legacy = { kind: "read", chains: [], rules: [], sets: [], legacy: ["filter"] } as const;
    assert.match(
      told(director({}), { rules: legacy })[0] ?? "",
      /^note firewall: .+legacy iptables \(filter\)/,
    );
  });

  it("on other machines nothing is said", () => {
    assert.deepEqual(
      told(director({ services: [service("direct")] }), { machine: "Dell Inc. PowerEdge" }),
      [],
    );
  });
});

describe("the manual", () => {
  it("has a line for each check, in their order", () => {
    const lines = [...readSource("docs/doctor.md").matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(
      lines,
      CHECKS.map(({ name }) => name),
    );
  });
});

describe("a pair of proxies", () => {
  it("is told that a backup's program cannot bind to the address", () => {
    const found = told(director({}), sysctls({ "ipv4/ip_nonlocal_bind": "0" }));
    assert.deepEqual(
      found.map((one) => one.replace(/: .*: /, ": … ")),
      ["note binding: … sysctl -w net.ipv4.ip_nonlocal_bind=1"],
    );
    assert.deepEqual(told(director({}), sysctls({ "ipv4/ip_nonlocal_bind": "1" })), []);
  });
});
