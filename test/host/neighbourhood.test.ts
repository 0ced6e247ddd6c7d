/** What the doctor says of other directors, of the ways to them, and of the ways to real servers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServerSettings } from "../../src/balance/settings.ts";
import type { DirectorSettings } from "../../src/config/settings.ts";
import { connections } from "../../src/host/checks/connections.ts";
import { reversePath } from "../../src/host/checks/return-path.ts";
import { modules } from "../../src/host/checks/services.ts";
import { strangers } from "../../src/host/checks/strangers.ts";
import { tunnels } from "../../src/host/checks/tunnels.ts";
import { remedyLine } from "../../src/host/doctor.ts";
import type { Check, HeardAdvert, HostPicture } from "../../src/host/picture.ts";
import type { Tunnel } from "../../src/ipvs/settings.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import { multicastTransport } from "../../src/vrrp/settings.ts";
import { routerSettings, VIP } from "../support/director.ts";
import { addressInfo, director, hostPicture, LINK, service } from "./fixture.ts";

const PEER = ip("192.0.2.2");
const STRANGER = ip("192.0.2.77");
const SERVER = ip("10.0.0.11");
const group = { ...multicastTransport(4).audience, directors: [PEER] };
const known = director({
  routers: [routerSettings({ transport: { ...multicastTransport(4), audience: group } })],
});
const anybody = director({});

function on(name: string, address: string, prefixLength = 24): HostPicture["addresses"][number] {
  return { ...addressInfo(name, ip(address)), prefixLength };
}

/** Level, text and lines of all findings. */
function told(check: Check, settings: DirectorSettings, changes: Partial<HostPicture>): string[] {
  assert.equal(check.concerns(settings), true);
  return check
    .judge(settings, hostPicture(changes))
    .map(({ level, text, remedies }) => [`${level} ${text}`, ...remedies.map(remedyLine)].join(" | "));
}

function sysctls(values: Readonly<Record<string, string>>): Partial<HostPicture> {
  return { sysctl: (path) => values[path] };
}

describe("who is heard with a VRID of the file", () => {
  const { vrid } = routerSettings();
  const advert: HeardAdvert = {
    interface: "eth0",
    family: 4,
    source: STRANGER,
    vrid,
    priority: 100,
    addresses: [VIP],
  };
  const hear = (settings: DirectorSettings, ...adverts: HeardAdvert[]) =>
    told(strangers, settings, { heard: { adverts, deaf: new Map() }, addresses: [on("eth0", "192.0.2.1")] });

  it("is a stranger when the file knows its directors, and has another one", () => {
    const [found = "", ...others] = hear(known, advert, { ...advert, priority: 0 });
    assert.match(
      found,
      /^error router front: 192\.0\.2\.77 on eth0 sends adverts for VRID 51, .+ \| another vrid/,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(hear(known, { ...advert, source: PEER, addresses: [] }), []);
  });

  it("is one by what it advertises when the file does not know them", () => {
    assert.deepEqual(hear(anybody, advert), []);
    assert.match(
      hear(anybody, { ...advert, addresses: [STRANGER] })[0] ?? "",
      /^warning .+ advertises 192\.0\.2\.77/,
    );
    assert.match(hear(anybody, { ...advert, addresses: [] })[0] ?? "", /advertises other addresses/);
  });

  it("is not one with another VRID, interface or family, nor this host itself", () => {
    const others = [
      { vrid: vrid + 1 },
      { interface: "eth1" },
      { family: 6 },
      { source: ip("192.0.2.1") },
    ] as const;
    assert.deepEqual(hear(known, ...others.map((one) => ({ ...advert, ...one }))), []);
  });

  it("is not known where nobody could listen, which is said; nor where nobody did", () => {
    const heard = { adverts: [], deaf: new Map([["eth0", "socket: EPERM"]]) };
    assert.match(
      told(strangers, known, { heard })[0] ?? "",
      /^note .+ eth0 .+ EPERM; listening needs CAP_NET_RAW$/,
    );
    assert.deepEqual(told(strangers, known, {}), []);
  });
});

describe("a strict reverse path filter", () => {
  const strict = sysctls({ "ipv4/conf/eth0/rp_filter": "1", "ipv4/conf/all/rp_filter": "0" });
  const elsewhere = [on("eth0", "198.51.100.1"), on("eth1", "192.0.2.1")];

  it("drops a director that the way back to is another one, until it is loose", () => {
    const [found = "", ...others] = told(reversePath, known, { ...strict, addresses: elsewhere });
    assert.match(
      found,
      /^warning the way to 192\.0\.2\.2 is over eth1: .+ \| sysctl -w net\.ipv4\.conf\.eth0\.rp_filter=2$/,
    );
    assert.deepEqual(others, []);
    const loose = sysctls({ "ipv4/conf/eth0/rp_filter": "2", "ipv4/conf/all/rp_filter": "1" });
    assert.deepEqual(told(reversePath, known, { ...loose, addresses: elsewhere }), []);
  });

  it("drops nobody on the link, nor whom nobody knows", () => {
    assert.deepEqual(told(reversePath, known, { ...strict, addresses: [on("eth0", "192.0.2.1")] }), []);
    assert.deepEqual(told(reversePath, known, { ...strict, addresses: [on("eth0", "198.51.100.1")] }), []);
    assert.deepEqual(told(reversePath, anybody, { ...strict, addresses: elsewhere }), []);
  });
});

describe("a tunnel", () => {
  const through = (tunnel: Tunnel | undefined, mtu: number, address = SERVER) => {
    const server: ServerSettings = {
      name: "rs1",
      endpoint: { address, port: 80 },
      forward: "tunnel",
      weight: 1,
      checks: [],
      askedAt: 80,
    };
    const servers = [{ ...server, ...(tunnel === undefined ? {} : { tunnel }) }];
    const settings = director({ services: [{ ...service("nat"), servers }] });
    const links = [LINK, { ...LINK, index: 3, name: "eth1", mtu }];
    return told(tunnels, settings, {
      links,
      addresses: [on("eth1", "10.0.0.1"), on("eth1", "2001:db8::1", 64)],
    });
  };

  // linux/if_tunnel.h, net/gue.h: what stands in front of the packet.
  const overheads: readonly (readonly [Tunnel | undefined, number])[] = [
    [undefined, 20],
    [{ type: "ipip" }, 20],
    [{ type: "gre", checksum: "none" }, 24],
    [{ type: "gre", checksum: "full" }, 28],
    [{ type: "gue", port: 6_080, checksum: "none" }, 32],
    [{ type: "gue", port: 6_080, checksum: "full" }, 32],
    [{ type: "gue", port: 6_080, checksum: "remote" }, 40],
  ];
  for (const [tunnel, bytes] of overheads) {
    it(`${JSON.stringify(tunnel ?? "of no type")} needs ${bytes} bytes more than a client's packet`, () => {
      assert.deepEqual(through(tunnel, 1_500 + bytes), []);
      const [found = ""] = through(tunnel, 1_500 + bytes - 1);
      assert.match(found, new RegExp(`^warning service web: .+ adds ${bytes} bytes, so that only 1499 of`));
      assert.match(found, new RegExp(` \\| ip link set eth1 mtu ${1_500 + bytes} .+ advmss 1459 `));
    });
  }

  it("over IPv6 needs 20 more, and behind a router the file's interfaces count", () => {
    assert.deepEqual(through({ type: "ipip" }, 1_540, ip("2001:db8::11")), []);
    assert.match(through({ type: "ipip" }, 1_539, ip("2001:db8::11"))[0] ?? "", /adds 40 bytes/);
    assert.match(through({ type: "ipip" }, 9_000, ip("198.51.100.1"))[0] ?? "", /through eth0 \(MTU 1500\)/);
  });
});

describe("what the kernel does to connections", () => {
  const check = { type: "tcp", interval: seconds(1), timeout: seconds(1), rise: 1, fall: 1 } as const;
  const web = service("direct");
  const checked = { ...web, servers: web.servers.map((server) => ({ ...server, checks: [check] })) };
  const untouched = sysctls(
    Object.fromEntries(
      ["expire_nodest_conn", "expire_quiescent_template", "sloppy_tcp"].map((name) => [
        `ipv4/vs/${name}`,
        "0",
      ]),
    ),
  );
  const names = (changes: object, table = {}) => {
    const settings = director({ services: [{ ...checked, ...changes }] });
    const found = told(connections, { ...settings, table: { ...settings.table, sysctls: table } }, untouched);
    return found.map((one) => [one.split(" ", 1)[0], /\((\w+) = 0\)/.exec(one)?.[1]].join(" "));
  };

  it("is named where the file's services want it otherwise, with the line of the file", () => {
    const settings = director({ services: [checked] });
    const [found = ""] = told(connections, settings, untouched);
    assert.match(found, /^note service web: .+ \| sysctls = \{ expire_nodest_conn = 1 \} .+ \[ipvs\]/);
    assert.deepEqual(names({ persistence: { timeout: seconds(300) } }), [
      "warning expire_quiescent_template",
      "note expire_nodest_conn",
    ]);
    assert.deepEqual(names({ onFailure: "drain", scheduler: "mh" }), ["note sloppy_tcp"]);
    assert.deepEqual(names({ onFailure: "drain", scheduler: "mh", protocol: "udp" }), []);
  });

  it("is not named where the file says it, or the host does", () => {
    assert.deepEqual(names({}, { expire_nodest_conn: "1" }), []);
    assert.deepEqual(names({}, { expire_nodest_conn: "0" }), ["note expire_nodest_conn"]);
    assert.deepEqual(told(connections, director({ services: [checked] }), {}), []);
  });
});

describe("a module beside IPVS", () => {
  it("is missed by what needs it", () => {
    const closed = director({ routers: [routerSettings({ accept: false })] });
    assert.deepEqual(told(modules, closed, { lacksModule: () => true }), [
      "error this kernel has no module nf_tables for accept = false of router front",
    ]);
    const rule = { mark: 5, protocol: "tcp", first: VIP, last: VIP, ports: { from: 80, to: 80 } } as const;
    assert.deepEqual(told(modules, director({ marks: [rule] }), { lacksModule: () => true }), [
      "error this kernel has no module nf_tables for the marks of services (match)",
    ]);
    assert.deepEqual(told(modules, closed, {}), []);
    assert.equal(modules.concerns(anybody), false);
  });
});
