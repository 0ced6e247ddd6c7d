/**
 * The sniffer: what is said to everybody on the lab's bridges, decoded, with the kernel's own times.
 *
 * It hangs on a port of each bridge and hears what the bridge floods: adverts and announcements, all of them. The kernel's
 * filter keeps the clients' datagrams out, and a long queue keeps what comes while the test is busy.
 */
import { interfaceIndex, monotonicMicros, PacketSocket, type ReceivedFrame } from "dgram-extras";
import { type ArpPacket, decodeArp } from "../../src/net/arp.ts";
import { NetworkReader } from "../../src/net/bytes.ts";
import { readEthernet } from "../../src/net/ethernet.ts";
import { decodeFrame } from "../../src/net/frame.ts";
import { familyOf, type IpAddress } from "../../src/net/ip.ts";
import type { MacAddress } from "../../src/net/mac.ts";
import { decodeNeighborAdvertisement } from "../../src/net/ndp.ts";
import { type Advert, advertSize, decodeAdvert, decodeHeader, PROTOCOL_VRRP } from "../../src/vrrp/advert.ts";
import { TRAILER_SIZE } from "../../src/vrrp/trailer.ts";
import type { Lab } from "./lab.ts";
import { type Arm, type NodeName, portsOf } from "./topology.ts";

const EVERYTHING = 3; // ETH_P_ALL
const QUEUE_BYTES = 8_000_000;

interface Seen {
  readonly arm: Arm;
  /** The frame's source. */
  readonly mac: MacAddress;
  /** On CLOCK_MONOTONIC, as the clients' reports are; some 100 µs of error. */
  readonly atMicros: number;
  /** The kernel's stamp, on CLOCK_REALTIME: exact, for distances. */
  readonly stampMicros: number;
  readonly frame: Uint8Array;
}

export interface SeenAdvert extends Seen {
  readonly kind: "advert";
  readonly source: IpAddress;
  readonly advert: Advert;
  readonly signed: boolean;
}

/** "This address is at this MAC now": gratuitous ARP, or an unsolicited neighbour advertisement. */
export interface SeenAnnouncement extends Seen {
  readonly kind: "announcement";
  readonly address: IpAddress;
  readonly announcedMac: MacAddress;
}

/** An ordinary question by broadcast. */
export interface SeenArp extends Seen {
  readonly kind: "arp";
  readonly packet: ArpPacket;
}

export type Sighting = SeenAdvert | SeenAnnouncement | SeenArp;

/** Captures from now on, until the end of the test: by the sniffer, or what one node says itself, to whomever. */
export function openCapture(scope: { after(undo: () => void): void }, lab: Lab, speaker?: NodeName): Capture {
  const capture = new Capture(lab.namespacePathOf(speaker ?? "s"), speaker);
  scope.after(() => capture.close());
  return capture;
}

export class Capture {
  readonly #socket: PacketSocket;
  readonly #arms: ReadonlyMap<number, Arm>;
  readonly #outgoing: boolean;
  readonly #sightings: Sighting[] = [];

  /** @param speaker whose namespace it is; absent: the sniffer's, who listens */
  constructor(namespace: string, speaker?: NodeName) {
    const ports = portsOf(speaker ?? "s");
    this.#arms = new Map(ports.map((port) => [interfaceIndex(port.interface, namespace), port.arm]));
    this.#outgoing = speaker !== undefined;
    this.#socket = new PacketSocket({
      protocol: EVERYTHING,
      namespace,
      receiveBuffer: QUEUE_BYTES,
      filter: INTERESTING,
      ignoreOutgoing: !this.#outgoing,
    });
  }

  /** All so far, in order of arrival. */
  get sightings(): readonly Sighting[] {
    for (let frames = this.#socket.drain(); frames.length > 0; frames = this.#socket.drain()) {
      const now = monotonicMicros();
      for (const frame of frames) this.#see(frame, now);
    }
    return this.#sightings;
  }

  get adverts(): readonly SeenAdvert[] {
    return this.sightings.filter((one) => one.kind === "advert");
  }

  get announcements(): readonly SeenAnnouncement[] {
    return this.sightings.filter((one) => one.kind === "announcement");
  }

  close(): void {
    this.#socket.close();
  }

  #see({ bytes, ageMicros, stampMicros, interfaceIndex, outgoing }: ReceivedFrame, now: number): void {
    const arm = this.#arms.get(interfaceIndex);
    if (arm === undefined || outgoing !== this.#outgoing) return;
    const { source: mac } = readEthernet(new NetworkReader(bytes));
    const sighting = decode({ arm, mac, atMicros: now - ageMicros, stampMicros, frame: bytes });
    if (sighting !== undefined) this.#sightings.push(sighting);
  }
}

function decode(seen: Seen): Sighting | undefined {
  const packet = decodeArp(seen.frame);
  if (packet !== undefined) {
    const { senderAddress: address, senderMac: announcedMac } = packet;
    if (address !== packet.targetAddress) return { ...seen, kind: "arp", packet };
    return { ...seen, kind: "announcement", address, announcedMac };
  }
  const neighbor = decodeNeighborAdvertisement(seen.frame);
  if (neighbor === undefined) return decodeVrrp(seen);
  if (neighbor.solicited || neighbor.targetMac === undefined) return undefined;
  return { ...seen, kind: "announcement", address: neighbor.target, announcedMac: neighbor.targetMac };
}

function decodeVrrp(seen: Seen): SeenAdvert | undefined {
  const carrier = decodeFrame(seen.frame);
  if (carrier === undefined || carrier.protocol !== PROTOCOL_VRRP) return undefined;
  const family = familyOf(carrier.source);
  const { version, count } = decodeHeader(carrier.payload);
  const size = advertSize(version, count, family);
  const signed = carrier.payload.length === size + TRAILER_SIZE;
  const decoded = decodeAdvert(signed ? carrier.payload.subarray(0, size) : carrier.payload, family);
  if (decoded.kind !== "advert") return undefined;
  return { ...seen, kind: "advert", source: carrier.source, advert: decoded.advert, signed };
}

const [LOAD_HALF, LOAD_BYTE, EQUALS, RETURN] = [0x28, 0x30, 0x15, 0x06] as const;
const ALL = 0x4_0000;

/** ARP; IPv4 and IPv6 protocol 112; ICMPv6 neighbour advertisements. Classic BPF: `jt` and `jf` skip instructions. */
const INTERESTING = [
  { code: LOAD_HALF, jt: 0, jf: 0, k: 12 },
  { code: EQUALS, jt: 9, jf: 0, k: 0x0806 },
  { code: EQUALS, jt: 0, jf: 2, k: 0x0800 },
  { code: LOAD_BYTE, jt: 0, jf: 0, k: 23 },
  { code: EQUALS, jt: 6, jf: 7, k: 112 },
  { code: EQUALS, jt: 0, jf: 6, k: 0x86dd },
  { code: LOAD_BYTE, jt: 0, jf: 0, k: 20 },
  { code: EQUALS, jt: 3, jf: 0, k: 112 },
  { code: EQUALS, jt: 0, jf: 3, k: 58 },
  { code: LOAD_BYTE, jt: 0, jf: 0, k: 54 },
  { code: EQUALS, jt: 0, jf: 1, k: 136 },
  { code: RETURN, jt: 0, jf: 0, k: ALL },
  { code: RETURN, jt: 0, jf: 0, k: 0 },
];
