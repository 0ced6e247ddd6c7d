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

/** A virtual router to whom an advert may be addressed. */
interface Addressee {
  /** In every state but Initialize and Fault. */
  readonly listening: boolean;
  readonly settings: { readonly transport: Transport; readonly interval: Duration };
}

/** What we are on the interface where the datagram came in. */
export interface Expected {
  /** One of our own addresses there. */
  readonly own: (address: IpAddress) => boolean;
  readonly router: (vrid: number, family: Family) => Addressee | undefined;
}

/** The advert, or the first reason against it. */
export function validate(packet: ReceivedPacket, expected: Expected): Decoded {
  const addressee = findAddressee(packet, expected);
  if (typeof addressee === "string") return { kind: "drop", reason: addressee };
  const decoded = decodeAdvert(packet.bytes, familyOf(packet.source));
  if (decoded.kind === "drop") return decoded;
  const { transport, interval } = addressee.settings;
  const reason =
    wayIsWrong(packet, transport.audience) ?? versionTwoIsWrong(packet, decoded.advert, transport, interval);
  return reason === undefined ? decoded : { kind: "drop", reason };
}

/** All that is asked before an address or an interval is read. */
function findAddressee(packet: ReceivedPacket, expected: Expected): Addressee | DropReason {
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
  const { version, audience } = router.settings.transport;
  if (header.version !== version) return "wrong-version";
  if (audience.kind === "peers" && packet.ttl < audience.minTtl) return "bad-ttl";
  if (bytes.length > size) return "too-long";
  if (!checksumIsValid(bytes, packet)) return "bad-checksum";
  return router;
}

function wayIsWrong({ source, destination }: ReceivedPacket, audience: Audience): DropReason | undefined {
  if (audience.kind === "group") return destination === audience.group ? undefined : "wrong-destination";
  if (isMulticast(destination)) return "wrong-destination";
  return audience.peers.includes(source) ? undefined : "unknown-peer";
}

function versionTwoIsWrong(
  { bytes }: ReceivedPacket,
  advert: Advert,
  { password }: Transport,
  interval: Duration,
): DropReason | undefined {
  if (advert.version !== 2) return undefined;
  const { type, data } = authenticationOf(bytes);
  if (type !== (password === undefined ? NO_AUTHENTICATION : SIMPLE_PASSWORD)) return "wrong-authentication";
  if (password !== undefined && !equal(data, authenticationData(password))) return "wrong-password";
  return advert.interval === interval ? undefined : "wrong-interval";
}

/** In the same time wherever they differ. */
function equal(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}
