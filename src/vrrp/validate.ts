/**
 * Is a received datagram an advert for one of our virtual routers? (RFC 9568 §7.1)
 *
 * Cheap and unspoofable questions come first, in the order of `DROP_REASONS`. A dropped datagram must change nothing:
 * no timer, no state, only a counter.
 */
import { familyOf, type IpAddress } from "../net/ip.ts";
import {
  ADVERT_TTL,
  ADVERTISEMENT,
  advertSize,
  checksumIsValid,
  type Decoded,
  decodeAdvert,
  decodeHeader,
  MULTICAST_GROUP,
} from "./advert.ts";
import type { DropReason } from "./drop.ts";
import type { ReceivedPacket } from "./packet.ts";

/** What we are on the interface where the datagram came in. */
export interface Expected {
  /** The source of our own adverts there, if there is one. */
  readonly source: IpAddress | undefined;
  /** The virtual router with this VRID there; it listens in every state but Initialize and Fault. */
  readonly router: (vrid: number) => { readonly listening: boolean } | undefined;
}

const VERSION = 3;

/** The advert, or the first reason against it. */
export function validate(packet: ReceivedPacket, expected: Expected): Decoded {
  const reason = reasonToDrop(packet, expected);
  if (reason !== undefined) return { kind: "drop", reason };
  const decoded = decodeAdvert(packet.bytes, familyOf(packet.source));
  if (decoded.kind === "drop") return decoded;
  return packet.destination === MULTICAST_GROUP ? decoded : { kind: "drop", reason: "not-multicast" };
}

/** All that is asked before an address or an interval is read. */
function reasonToDrop(packet: ReceivedPacket, expected: Expected): DropReason | undefined {
  const { bytes } = packet;
  if (packet.source === expected.source) return "own-packet";
  const header = decodeHeader(bytes);
  const size = advertSize(header.version, header.count, familyOf(packet.source));
  if (bytes.length < size) return "too-short";
  if (packet.ttl !== ADVERT_TTL) return "bad-ttl";
  if (header.version !== VERSION) return "wrong-version";
  if (header.type !== ADVERTISEMENT) return "wrong-type";
  const router = expected.router(header.vrid);
  if (router === undefined) return "unknown-vrid";
  if (!router.listening) return "not-listening";
  if (bytes.length > size) return "too-long";
  if (!checksumIsValid(bytes, packet)) return "bad-checksum";
  return undefined;
}
