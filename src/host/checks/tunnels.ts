/** Whether a client's largest packets fit through the tunnels to real servers, wrapped. */
import type { DirectorSettings } from "../../config/settings.ts";
import { familyOfListen } from "../../ipvs/listen.ts";
import type { Tunnel } from "../../ipvs/settings.ts";
import { unreachable } from "../../net/bug.ts";
import { type Family, familyOf, type IpAddress } from "../../net/ip.ts";
import { interfacesAt } from "../network.ts";
import { type Check, type Finding, type HostPicture, line, warning } from "../picture.ts";
import { interfacesOf } from "./interfaces.ts";

/** Of Ethernet, and of most of the Internet: what clients send. */
const CLIENT_MTU = 1_500;
const OUTER_HEADER = { 4: 20, 6: 40 } as const;
const UDP_HEADER = 8;
const GRE_HEADER = 4;
const GRE_CHECKSUM = 4;
/** struct guehdr, and with a remote checksum its private flags and where the checksum is. */
const GUE_HEADER = 4;
const GUE_REMOTE_CHECKSUM = 8;
/** Of TCP and IPv4, of TCP and IPv6: what is not payload of a segment. */
const SEGMENT_HEADERS = { 4: 40, 6: 60 } as const;

interface TunnelEnd {
  readonly service: string;
  readonly address: IpAddress;
  readonly tunnel: Tunnel;
  /** Of clients; the way to the server may be of the other one. */
  readonly inner: Family;
}

export const tunnels: Check = {
  name: "tunnels",
  concerns: (settings) => endsOf(settings).length > 0,
  judge(settings, host) {
    const findings = new Map<string, Finding>();
    for (const end of endsOf(settings)) {
      for (const name of waysTo(end, settings, host)) {
        const mtu = host.links.find((link) => link.name === name)?.mtu;
        const overhead = overheadOf(end);
        if (mtu === undefined || mtu >= CLIENT_MTU + overhead) continue;
        const key = `${end.service} ${name} ${overhead}`;
        if (!findings.has(key)) findings.set(key, tooSmall(end, name, mtu, overhead));
      }
    }
    return [...findings.values()];
  },
};

function endsOf({ services }: DirectorSettings): TunnelEnd[] {
  return services.flatMap(({ name: service, listen, servers }) => {
    const inner = listen.some((one) => familyOfListen(one) === 6) ? 6 : 4;
    const wrapped = servers.filter(({ forward }) => forward === "tunnel");
    return wrapped.map(({ endpoint: { address }, tunnel = { type: "ipip" } }) => {
      return { service, address, tunnel, inner };
    });
  });
}

/** Behind a router: any of those that the file names. */
function waysTo({ address }: TunnelEnd, settings: DirectorSettings, host: HostPicture): string[] {
  const near = interfacesAt(host, address);
  return near.length > 0 ? near : interfacesOf(settings);
}

function tooSmall(
  { service, address, tunnel, inner }: TunnelEnd,
  name: string,
  mtu: number,
  overhead: number,
): Finding {
  const left = mtu - overhead;
  const segment = left - SEGMENT_HEADERS[inner];
  const text = `service ${service}: ${tunnel.type} adds ${overhead} bytes, so that only ${left} of a client's packet fit through ${name} (MTU ${mtu}): larger ones are sent back to it by ICMP, which not every network lets through`;
  return warning(
    text,
    line(
      `ip link set ${name} mtu ${CLIENT_MTU + overhead}   where the network as far as ${address} carries that; or`,
    ),
    line(
      `ip route change default … advmss ${segment}   on each real server: clients then send no more at once`,
    ),
  );
}

/** What the kernel writes in front of a client's packet. */
function overheadOf({ address, tunnel }: TunnelEnd): number {
  const outer = OUTER_HEADER[familyOf(address)];
  switch (tunnel.type) {
    case "ipip":
      return outer;
    case "gre":
      return outer + GRE_HEADER + (tunnel.checksum === "full" ? GRE_CHECKSUM : 0);
    case "gue":
      return outer + UDP_HEADER + GUE_HEADER + (tunnel.checksum === "remote" ? GUE_REMOTE_CHECKSUM : 0);
    default:
      return unreachable(tunnel);
  }
}
