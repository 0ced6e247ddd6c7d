/** Recognizes a successor's first advert inside the kernel, for a will that runs without JavaScript. */
import type { Filter } from "dgram-extras";
import { ETHERNET_SIZE } from "../../net/ethernet.ts";
import { IP6_HEADER_SIZE } from "../../net/ipv6.ts";
import type { Will } from "../../vrrp/action.ts";
import { ADVERT_TTL, ADVERTISEMENT, PROTOCOL_VRRP } from "../../vrrp/advert.ts";
import {
  ACCEPT,
  findPayload,
  isByte,
  isByteAtLeast,
  isLastWordOf,
  isOnInterface,
  isPayloadByte,
  isPayloadByteAtLeast,
} from "./filter.ts";

/** Before the packet, in what a packet socket hears. */
const FRAME_HEADER = ETHERNET_SIZE;
/** SKF_NET_OFF: offsets that count from the IP header; a raw IPv6 socket's own begin behind it. */
const NETWORK_HEADER = -0x10_0000 >>> 0;
const HEADERS = {
  [4]: { ttl: 8, sourceEnd: 16 },
  [6]: { ttl: NETWORK_HEADER + 7, sourceEnd: NETWORK_HEADER + 24 },
} as const;
const FRAME_FIELDS = { [4]: { ttl: 8, protocol: 9 }, [6]: { ttl: 7, protocol: 6 } } as const;
const [VRID_OFFSET, PRIORITY_OFFSET] = [1, 2];

/** In a whole frame, of which a kernel has checked nothing yet, that came in on one of these interfaces. */
export function successorFrameFilter(
  { vrid, transport }: Pick<Will, "vrid" | "transport">,
  indexes: readonly number[],
): Filter {
  const { version, family } = transport;
  const { ttl, protocol } = FRAME_FIELDS[family];
  const ip4 = family === 4;
  // An IPv6 advert has no other headers before it.
  const said = FRAME_HEADER + (ip4 ? 0 : IP6_HEADER_SIZE);
  const [isSaid, isSaidAtLeast] = ip4 ? [isPayloadByte, isPayloadByteAtLeast] : [isByte, isByteAtLeast];
  return [
    ...isOnInterface(indexes),
    ...isByte(FRAME_HEADER + protocol, PROTOCOL_VRRP),
    ...isByteAtLeast(FRAME_HEADER + ttl, ADVERT_TTL),
    ...(ip4 ? findPayload(FRAME_HEADER) : []),
    ...isSaid(said, version * 0x10 + ADVERTISEMENT),
    ...isSaid(said + VRID_OFFSET, vrid),
    ...isSaidAtLeast(said + PRIORITY_OFFSET, 1),
    ...ACCEPT,
  ];
}

/** An advert of this VRID with a priority above 0, from where the router's peers are. */
export function successorFilter({ vrid, transport }: Pick<Will, "vrid" | "transport">): Filter {
  const { version, family, audience } = transport;
  const { ttl, sourceEnd } = HEADERS[family];
  const versionAndType = version * 0x10 + ADVERTISEMENT;
  const said =
    family === 4
      ? [
          ...findPayload(),
          ...isPayloadByte(0, versionAndType),
          ...isPayloadByte(VRID_OFFSET, vrid),
          ...isPayloadByteAtLeast(PRIORITY_OFFSET, 1),
        ]
      : [...isByte(0, versionAndType), ...isByte(VRID_OFFSET, vrid), ...isByteAtLeast(PRIORITY_OFFSET, 1)];
  const peers = audience.kind === "peers" ? isLastWordOf(sourceEnd, audience.peers) : ACCEPT;
  return [...isByteAtLeast(ttl, audience.kind === "peers" ? audience.minTtl : ADVERT_TTL), ...said, ...peers];
}
