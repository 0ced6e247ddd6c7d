/** What has to come through the firewall of a director: adverts, questions for its addresses, clients and servers' replies. */
import type { ServiceSettings } from "../balance/settings.ts";
import type { DirectorSettings } from "../config/settings.ts";
import { isMark } from "../ipvs/listen.ts";
import type { Protocol } from "../ipvs/settings.ts";
import { ARP_REPLY, ARP_REQUEST } from "../net/arp.ts";
import { type Family, familyOf, type IpAddress } from "../net/ip.ts";
import { NEIGHBOR_ADVERTISEMENT, PROTOCOL_ICMPV6 } from "../net/ndp.ts";
import { ADVERT_TTL, ADVERTISEMENT, PROTOCOL_VRRP } from "../vrrp/advert.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import { arpPacket, type Direction, ipPacket, type Place } from "./packets.ts";
import type { HostPicture } from "./picture.ts";
import type { Bytes, Packet } from "./rule-walk.ts";

export interface Passage {
  readonly place: Place;
  readonly packet: Packet;
  /** `undefined`: ARP, which is neither. */
  readonly family: Family | undefined;
  /** What is dropped, and what comes of it. */
  readonly loss: string;
  /** In nft's words. */
  readonly match: string;
  readonly protocol: number | undefined;
  /** Whoever comes so late in the hooks `input` and `forward` does not see it as it is. */
  readonly takenAt?: number;
  /** What also helps if it makes this packet of it, which comes through. */
  readonly instead?: { readonly packet: Packet; readonly line: string };
}

/** NF_CT_STATE_BIT. What nobody has asked for is new; of neighbour discovery no track is kept. */
const CT = { invalid: 0x01, established: 0x02, new: 0x08, untracked: 0x40 } as const;

export function passagesOf(settings: DirectorSettings, host: HostPicture): Passage[] {
  const { routers, services, table } = settings;
  const tracks = (table.sysctls["conntrack"] ?? host.sysctl("ipv4/vs/conntrack") ?? "0") !== "0";
  return [
    ...routers.flatMap((router) => [
      ...adverts(router, host),
      ...router.addresses.flatMap(({ interface: name, address }) => discovery(name, address, host)),
    ]),
    ...requests(settings).map((request) => client(request, routers, host)),
    ...services.flatMap((service) => replies(service, tracks)),
  ];
}

function placeOf(direction: Direction, name: string | undefined, { links }: HostPicture): Place {
  return { direction, interface: name, index: links.find((link) => link.name === name)?.index };
}

const BESIDE = {
  in: `the adverts of the other directors (IP protocol ${PROTOCOL_VRRP}): this one will be master beside them`,
  out: `this director's adverts (IP protocol ${PROTOCOL_VRRP}): the others will be master beside it`,
} as const;

/** Between this director and each of the others. Who they are may not be known. */
function adverts(router: RouterSettings, host: HostPicture): Passage[] {
  const { interface: name, transport, mode, vrid } = router;
  const { audience, family, version } = transport;
  // Whole frames, which no rule sees.
  if (transport.device !== undefined) return [];
  const link = host.links.find((one) => one.name === name);
  const own = transport.source ?? (link === undefined ? undefined : host.sourceOf(link, family));
  const group = audience.kind === "group" ? audience.group : undefined;
  const others = audience.kind === "group" ? audience.directors : audience.peers;
  const passage = (direction: "in" | "out", source?: IpAddress, destination?: IpAddress): Passage => {
    const place = placeOf(direction, name, host);
    const transportHeader = [version * 0x10 + ADVERTISEMENT, vrid];
    const ends = { family, protocol: PROTOCOL_VRRP, ttl: ADVERT_TTL, source, destination };
    const packet = ipPacket(place, { ...ends, transport: transportHeader, state: CT.new });
    const match = `meta l4proto ${PROTOCOL_VRRP}`;
    return { place, packet, family, loss: BESIDE[direction], match, protocol: PROTOCOL_VRRP };
  };
  return (others ?? [undefined]).flatMap((other) => [
    passage("in", other, group ?? own),
    ...(mode === "observe" ? [] : [passage("out", own, group ?? other)]),
  ]);
}

const NEIGHBOR_SOLICITATION = 135;

/** What neighbours ask for a floating address, and what the kernel answers; announcements pass by all rules. */
function discovery(name: string, address: IpAddress, host: HostPicture): Passage[] {
  const [asked, answered] = [placeOf("in", name, host), placeOf("out", name, host)];
  if (familyOf(address) === 4) {
    const loss = "ARP: nobody finds the floating addresses";
    const rest = { family: undefined, loss, match: "arp operation { request, reply }", protocol: undefined };
    return [
      { ...rest, place: asked, packet: arpPacket(asked, ARP_REQUEST, undefined, address) },
      { ...rest, place: answered, packet: arpPacket(answered, ARP_REPLY, address, undefined) },
    ];
  }
  return [asked, answered].flatMap((place) =>
    [NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT].map((type): Passage => {
      const message = {
        family: 6,
        protocol: PROTOCOL_ICMPV6,
        ttl: ADVERT_TTL,
        transport: [type, 0],
      } as const;
      return {
        place,
        packet: ipPacket(place, { ...message, state: CT.untracked }),
        family: 6,
        loss: "neighbour discovery: nobody finds the floating IPv6 addresses",
        match: "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }",
        protocol: PROTOCOL_ICMPV6,
      };
    }),
  );
}

/** IPPROTO_ */
const PROTOCOLS: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };
const TCP_SYN = 0x02;
const TCP_SYN_ACK = 0x12;
const FLAGS_OFFSET = 13;

/** NF_IP_PRI_NAT_SRC - 2: where IPVS stands in the hooks `input` and `forward`, behind most rules. */
const IPVS_PRIORITY = 98;

/** To one endpoint. */
interface Request {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
  /** Whose it is. */
  readonly subject: string;
}

function requests({ services, marks }: DirectorSettings): Request[] {
  const listening = services.flatMap(({ name, protocol, listen }) =>
    listen.flatMap((one): Request[] =>
      isMark(one) || one.port === 0 ? [] : [{ ...one, protocol, subject: `service ${name}` }],
    ),
  );
  // Of a range the first one.
  const marked = marks.map(({ mark, protocol, first, ports: { from } }): Request => {
    return { protocol, address: first, port: Math.max(from, 1), subject: `mark ${mark}` };
  });
  return [...listening, ...marked];
}

function client(
  { protocol, address, port, subject }: Request,
  routers: readonly RouterSettings[],
  host: HostPicture,
): Passage {
  const arm = routers.flatMap((router) => router.addresses).find((found) => found.address === address);
  const place = placeOf("in", arm?.interface, host);
  const family = familyOf(address);
  const ends = { family, protocol: PROTOCOLS[protocol], destination: address, state: CT.new };
  const packet = ipPacket(place, { ...ends, transport: ports(undefined, port, TCP_SYN) });
  const loss = `what clients send to ${protocol} port ${port} of ${address} (${subject})`;
  const match = `${family === 4 ? "ip" : "ip6"} daddr ${address} ${protocol} dport ${port}`;
  return { place, packet, family, loss, match, protocol: PROTOCOLS[protocol], takenAt: IPVS_PRIORITY };
}

/**
 * On their way through a director that translates. Unless IPVS keeps tracks, nobody has seen the request: an answer without
 * one is invalid, of UDP new.
 */
function replies({ name, protocol, servers }: ServiceSettings, tracks: boolean): Passage[] {
  const state = tracks ? CT.established : protocol === "udp" ? CT.new : CT.invalid;
  const line = "sysctls = { conntrack = 1 }   in [ipvs] of the cluster file: IPVS then keeps track of them";
  return servers
    .filter(({ forward }) => forward === "nat")
    .map(({ endpoint: { address, port } }): Passage => {
      const place = { direction: "through", interface: undefined, index: undefined } as const;
      const family = familyOf(address);
      const transport = ports(port === 0 ? undefined : port, undefined, TCP_SYN_ACK);
      const reply = { family, protocol: PROTOCOLS[protocol], source: address, transport };
      const sport = port === 0 ? `meta l4proto ${protocol}` : `${protocol} sport ${port}`;
      return {
        place,
        packet: ipPacket(place, { ...reply, state }),
        family,
        loss: `what the servers of service ${name} answer through this host`,
        match: `${family === 4 ? "ip" : "ip6"} saddr ${address} ${sport}`,
        protocol: PROTOCOLS[protocol],
        takenAt: IPVS_PRIORITY,
        instead: { packet: ipPacket(place, { ...reply, state: CT.established }), line },
      };
    });
}

/** @param flags of TCP, where they stand; other protocols are not asked for what is there */
function ports(source: number | undefined, destination: number | undefined, flags: number): Bytes {
  const bytes: (number | undefined)[] = new Array(FLAGS_OFFSET).fill(undefined);
  for (const [offset, port] of [[0, source] as const, [2, destination] as const])
    if (port !== undefined) bytes.splice(offset, 2, port >> 8, port % 0x100);
  return [...bytes, flags];
}
