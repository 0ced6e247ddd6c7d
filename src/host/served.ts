/** Which real server of the cluster file a host is, and what it serves there by direct routing or out of tunnels. */
import type { ServerSettings } from "../balance/settings.ts";
import type { DirectorSettings } from "../config/settings.ts";
import { familyOfListen, isMark, type Listen } from "../ipvs/listen.ts";
import { fnv1a } from "../net/fnv.ts";
import { toHex } from "../net/hex.ts";
import { type Family, familyOf, type IpAddress, ipBytes, ipRange } from "../net/ip.ts";
import type { GuePort } from "../netlink/fou.ts";
import type { MarkRule } from "../netlink/mark-rule.ts";
import { type Arm, armKey } from "../vrrp/node.ts";

/** Where packets come out of tunnels, and the module that makes it. */
export interface Device {
  readonly name: string;
  readonly module: string;
  /** It unwraps IPv6 alone until it is told otherwise, and IPv4 is to come out of it. */
  readonly modeAny?: true;
  /** The address whose packets have checksums; absent: the kernel has the device by itself, for packets without. */
  readonly checked?: IpAddress;
}

/** The servers of the cluster file that a host is, and what they serve. */
export interface RealServer {
  /** `rs1 of service web` */
  readonly names: readonly string[];
  /** The services' addresses, each once on an interface. */
  readonly addresses: readonly Arm[];
  readonly devices: readonly Device[];
  readonly guePorts: readonly GuePort[];
}

export const LOOPBACK = "lo";

/** @param who a server's name, or all addresses of a host */
export function realServerOf(
  { services, marks }: Pick<DirectorSettings, "services" | "marks">,
  who: { readonly name: string } | { readonly addresses: readonly IpAddress[] },
): RealServer {
  const names: string[] = [];
  const arms = new Map<string, Arm>();
  const devices = new Map<string, Device>();
  const ports = new Map<string, GuePort>();
  for (const service of services) {
    for (const server of service.servers) {
      const { name, endpoint, forward, tunnel } = server;
      const isMeant = "name" in who ? who.name === name : who.addresses.includes(endpoint.address);
      if (!isMeant || forward === "nat") continue;
      names.push(`${name} of service ${service.name}`);
      for (const listen of service.listen) {
        const device = forward === "tunnel" ? deviceOf(server, familyOfListen(listen)) : undefined;
        if (device !== undefined) devices.set(device.name, { ...devices.get(device.name), ...device });
        // Where a device has no IPv4 address, even a loose filter lets nothing through.
        const place = familyOfListen(listen) === 4 ? (device?.name ?? LOOPBACK) : LOOPBACK;
        for (const address of clientsAskFor(listen, marks)) {
          const arm = { address, interface: place };
          arms.set(armKey(arm), arm);
        }
      }
      const family = familyOf(endpoint.address);
      if (forward === "tunnel" && tunnel?.type === "gue")
        ports.set(`${family} ${tunnel.port}`, { family, port: tunnel.port });
    }
  }
  return {
    names,
    addresses: [...arms.values()],
    devices: [...devices.values()],
    guePorts: [...ports.values()],
  };
}

/** Of a mark those whose packets we mark; what others mark is not known. */
function clientsAskFor(listen: Listen, marks: readonly MarkRule[]): IpAddress[] {
  if (!isMark(listen)) return [listen.address];
  const own = marks.filter(({ mark, first }) => mark === listen.mark && familyOf(first) === listen.family);
  return own.flatMap(({ first, last }) => Array.from(ipRange(first, last)));
}

/** @param inner of the packets in the tunnel; the server's address says the outer one's. GUE hands on what it unwraps. */
function deviceOf({ endpoint, tunnel }: ServerSettings, inner: Family): Device {
  const outer = familyOf(endpoint.address);
  if (tunnel?.type === "gre" && tunnel.checksum === "full") return checkedDevice(endpoint.address);
  if (tunnel?.type === "gre") {
    return outer === 4 ? { name: "gre0", module: "ip_gre" } : { name: "ip6gre0", module: "ip6_gre" };
  }
  if (outer === 6)
    return { name: "ip6tnl0", module: "ip6_tunnel", ...(inner === 4 ? { modeAny: true } : {}) };
  return inner === 4 ? { name: "tunl0", module: "ipip" } : { name: "sit0", module: "sit" };
}

/**
 * A GRE device takes packets with checksums, or those without (ip_tunnel_rcv, __ip6_tnl_rcv), and the kernel's own ones
 * take the latter. So there has to be another, and it has all that comes for its address.
 *
 * Its name has room for an IPv4 address, but of an IPv6 address only for a number that all of it goes into.
 */
function checkedDevice(address: IpAddress): Device {
  const bytes = ipBytes(address);
  if (familyOf(address) === 4) return { name: `kgre-${toHex(bytes)}`, module: "ip_gre", checked: address };
  const digits = fnv1a(bytes).toString(16).padStart(8, "0");
  return { name: `kgre6-${digits}`, module: "ip6_gre", checked: address };
}

/** Whether a device is made for real servers, and nobody else's. */
export function isCheckedDevice(name: string): boolean {
  return /^kgre6?-[0-9a-f]{8}$/.test(name);
}
