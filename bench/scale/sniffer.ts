/** Adverts and announcements of both directors by the kernel's stamps, decoded no further than counting needs. */
import { monotonicMicros, PacketSocket, type ReceivedFrame } from "dgram-extras";
import type { DirectorNode } from "../director.ts";
import { cableAt, type Site, SNIFFED_BELOW } from "./site.ts";

const EVERYTHING = 3; // ETH_P_ALL
const QUEUE_BYTES = 64_000_000;
const LOOK_MS = 10;
const [ETHERTYPE_AT, ARP_SENDER_AT, VRRP_AT] = [12, 28, 34];

interface Sighting {
  /** CLOCK_REALTIME, exact: for distances. */
  readonly stampMicros: number;
  /** CLOCK_MONOTONIC, some 100 µs of error. */
  readonly atMicros: number;
}

export class Sniffer {
  readonly #socket: PacketSocket;
  readonly #looking: NodeJS.Timeout;
  #adverts = noSightings();
  #announcements = noSightings();

  constructor(site: Site) {
    const namespace = site.namespacePathOf("bridge");
    const options = { protocol: EVERYTHING, namespace, filter: INTERESTING, receiveBuffer: QUEUE_BYTES };
    this.#socket = new PacketSocket({ ...options, ignoreOutgoing: true });
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    for (let frames = this.#socket.drain(); frames.length > 0; frames = this.#socket.drain()) {
      const now = monotonicMicros();
      for (const frame of frames) this.#see(frame, now);
    }
  }

  forget(): void {
    this.#look();
    this.#adverts = noSightings();
    this.#announcements = noSightings();
  }

  /** Of one director, by router, `link vrid`; without goodbyes. */
  adverts(node: DirectorNode): ReadonlyMap<string, readonly Sighting[]> {
    return this.#adverts[node];
  }

  /** Of one director, by address. */
  announcements(node: DirectorNode): ReadonlyMap<string, readonly Sighting[]> {
    return this.#announcements[node];
  }

  close(): void {
    clearInterval(this.#looking);
    this.#socket.close();
  }

  #see({ bytes, interfaceIndex, stampMicros, ageMicros }: ReceivedFrame, now: number): void {
    const { node, link } = cableAt(interfaceIndex);
    const sighting = { stampMicros, atMicros: now - ageMicros };
    if (bytes[ETHERTYPE_AT + 1] === 6) {
      const address = bytes.subarray(ARP_SENDER_AT, ARP_SENDER_AT + 4).join(".");
      note(this.#announcements[node], address, sighting);
    } else if (bytes[VRRP_AT + 2] !== 0) {
      note(this.#adverts[node], `${link} ${bytes[VRRP_AT + 1]}`, sighting);
    }
  }
}

function noSightings(): Readonly<Record<DirectorNode, Map<string, Sighting[]>>> {
  return { d1: new Map(), d2: new Map() };
}

function note(sightings: Map<string, Sighting[]>, subject: string, sighting: Sighting): void {
  const known = sightings.get(subject);
  if (known === undefined) sightings.set(subject, [sighting]);
  else known.push(sighting);
}

const [LOAD_WORD, LOAD_HALF, LOAD_BYTE] = [0x20, 0x28, 0x30] as const;
const [EQUALS, AT_LEAST, RETURN] = [0x15, 0x35, 0x06] as const;
const INTERFACE_INDEX = 0xffff_f008; // SKF_AD_OFF + SKF_AD_IFINDEX
const HEAD_BYTES = 64;

/** What comes from a cable: ARP, and IPv4 protocol 112. Classic BPF: `jt` and `jf` skip instructions. */
const INTERESTING = [
  { code: LOAD_WORD, jt: 0, jf: 0, k: INTERFACE_INDEX },
  { code: AT_LEAST, jt: 6, jf: 0, k: SNIFFED_BELOW },
  { code: LOAD_HALF, jt: 0, jf: 0, k: ETHERTYPE_AT },
  { code: EQUALS, jt: 3, jf: 0, k: 0x0806 },
  { code: EQUALS, jt: 0, jf: 3, k: 0x0800 },
  { code: LOAD_BYTE, jt: 0, jf: 0, k: 23 },
  { code: EQUALS, jt: 0, jf: 1, k: 112 },
  { code: RETURN, jt: 0, jf: 0, k: HEAD_BYTES },
  { code: RETURN, jt: 0, jf: 0, k: 0 },
];
