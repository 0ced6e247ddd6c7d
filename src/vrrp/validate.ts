/**
 * Is a received datagram an advert for one of our virtual routers? (RFC 9568 §7.1, RFC 3768 §7.1)
 *
 * Cheap and unspoofable questions come first, in the order of `DROP_REASONS`. A dropped datagram must change nothing:
 * no timer, no state, only a counter.
 */
import { type Family, familyOf, type IpAddress, isMulticast } from "../net/ip.ts";
import type { Duration } from "../net/time.ts";
import {
  ADVERT_TTL,
  ADVERTISEMENT,
  type Advert,
  advertSize,
  authenticationData,
  authenticationOf,
  checksumIsValid,
  type Decoded,
  decodeAdvert,
  decodeHeader,
  NO_AUTHENTICATION,
  SIMPLE_PASSWORD,
} from "./advert.ts";
import type { DropReason } from "./drop.ts";
import type { ReceivedPacket } from "./packet.ts";
import type { Audience, Transport } from "./settings.ts";
import { TRAILER_SIZE } from "./trailer.ts";
import { equal } from "./verification.ts";

/** A virtual router to whom an advert may be addressed. */
interface Addressee {
  /** In every state but Initialize and Fault. */
  readonly listening: boolean;
  readonly settings: { readonly transport: Transport; readonly interval: Duration };
  /** Whether to believe a packet whose message has `size` bytes; remembers those it believes. */
  judgeSignature(packet: ReceivedPacket, size: number): DropReason | undefined;
}

/** What a packet says, and to whom. */
interface Addressed {
  readonly router: Addressee;
  /** Without the trailer of a signed advert. */
  readonly message: Uint8Array;
}

/** What we are on the interface where the datagram came in. */
export interface Expected {
  /** One of our own addresses there. */
  readonly own: (address: IpAddress) => boolean;
  readonly router: (vrid: number, family: Family) => Addressee | undefined;
}

/** The advert, or the first reason against it. */
export function validate(packet: ReceivedPacket, expected: Expected): Decoded {
  const addressed = findAddressee(packet, expected);
  if (typeof addressed === "string") return { kind: "drop", reason: addressed };
  const { router, message } = addressed;
  const decoded = decodeAdvert(message, familyOf(packet.source));
  if (decoded.kind === "drop") return decoded;
  const { transport, interval } = router.settings;
  const reason = versionTwoIsWrong(message, decoded.advert, transport, interval);
  return reason === undefined ? decoded : { kind: "drop", reason };
}

/** All that is asked before an address or an interval is read. */
function findAddressee(packet: ReceivedPacket, expected: Expected): Addressed | DropReason {
  const { bytes, source, destination } = packet;
  const family = familyOf(source);
  if (expected.own(source)) return "own-packet";
  const header = decodeHeader(bytes);
  const size = advertSize(header.version, header.count, family);
  if (bytes.length < size) return "too-short";
  if (isMulticast(destination) && packet.ttl !== ADVERT_TTL) return "bad-ttl";
  if (header.version !== 2 && header.version !== 3) return "wrong-version";
  if (header.type !== ADVERTISEMENT) return "wrong-type";
  const router = expected.router(header.vrid, family);
  if (router === undefined) return "unknown-vrid";
  if (!router.listening) return "not-listening";
  const { version, audience, authentication } = router.settings.transport;
  if (header.version !== version) return "wrong-version";
  if (audience.kind === "peers" && packet.ttl < audience.minTtl) return "bad-ttl";
  const reason = wayIsWrong(packet, audience) ?? router.judgeSignature(packet, size);
  if (reason !== undefined) return reason;
  const signed = authentication !== undefined && bytes.length === size + TRAILER_SIZE;
  const message = signed ? bytes.subarray(0, size) : bytes;
  if (message.length > size) return "too-long";
  // Over IPv4 the trailer stands outside of it, over IPv6 inside (see `withTrailer`).
  if (!checksumIsValid(family === 4 ? message : bytes, packet)) return "bad-checksum";
  return { router, message };
}

function wayIsWrong({ source, destination }: ReceivedPacket, audience: Audience): DropReason | undefined {
  if (audience.kind === "group") return destination === audience.group ? undefined : "wrong-destination";
  if (isMulticast(destination)) return "wrong-destination";
  return audience.peers.includes(source) ? undefined : "unknown-peer";
}

function versionTwoIsWrong(
  message: Uint8Array,
  advert: Advert,
  { password }: Transport,
  interval: Duration,
): DropReason | undefined {
  if (advert.version !== 2) return undefined;
  const { type, data } = authenticationOf(message);
  if (type !== (password === undefined ? NO_AUTHENTICATION : SIMPLE_PASSWORD)) return "wrong-authentication";
  if (password !== undefined && !equal(data, authenticationData(password))) return "wrong-password";
  return advert.interval === interval ? undefined : "wrong-interval";
}
