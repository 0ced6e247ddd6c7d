/** A host with one interface that lacks nothing, and a director's part of a file for it. */
import { PLAIN_POLICY } from "../../src/balance/policy.ts";
import { NO_TABLE_SETTINGS, type ServiceSettings } from "../../src/balance/settings.ts";
import type { DirectorSettings } from "../../src/config/settings.ts";
import type { HostPicture } from "../../src/host/picture.ts";
import { type IpAddress, ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";
import type { LinkInfo } from "../../src/netlink/link.ts";
import { routerSettings, VIP } from "../support/director.ts";

const OWN = ip("192.0.2.1");

export const LINK: LinkInfo = {
  index: 2,
  name: "eth0",
  up: true,
  flags: 0x41,
  mac: undefined,
  mtu: 1_500,
  type: undefined,
  parent: undefined,
};

export function hostPicture(changes: Partial<HostPicture> = {}): HostPicture {
  return {
    links: [LINK],
    addresses: [],
    owns: () => false,
    sourceOf: () => OWN,
    sysctl: () => undefined,
    noIpvs: undefined,
    lacksModule: () => false,
    noRealtime: undefined,
    scripts: [],
    listeners: [],
    managers: new Map(),
    machine: "",
    clockKept: true,
    rules: { kind: "read", chains: [], rules: [], sets: [], legacy: [] },
    ...changes,
  };
}

export function addressInfo(name: string, address: IpAddress): HostPicture["addresses"][number] {
  return {
    interface: name,
    interfaceIndex: 1,
    address,
    prefixLength: 32,
    family: 4,
    scope: 0,
    secondary: false,
    deprecated: false,
    tentative: false,
    protocol: undefined,
    validSeconds: undefined,
  };
}

export function director(changes: Partial<DirectorSettings>): DirectorSettings {
  return {
    cluster: "shop",
    director: "lb1",
    routers: [routerSettings()],
    services: [],
    table: NO_TABLE_SETTINGS,
    marks: [],
    notifiers: [],
    watches: [],
    statics: [],
    ...changes,
  };
}

export function service(forward: "nat" | "direct"): ServiceSettings {
  return {
    name: "web",
    protocol: "tcp",
    listen: [{ address: VIP, port: 80 }],
    scheduler: "wlc",
    onFailure: "remove",
    removeAfter: seconds(60),
    policy: PLAIN_POLICY,
    checks: [],
    servers: [
      {
        name: "rs1",
        endpoint: { address: ip("192.0.2.11"), port: 80 },
        forward,
        weight: 1,
        checks: [],
        askedAt: 80,
      },
    ],
  };
}
