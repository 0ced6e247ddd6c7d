/** Recognizes a successor's first advert inside the kernel, for a will that runs without JavaScript. */
import type { Filter } from "dgram-extras";
import type { Will } from "../vrrp/action.ts";
import { ADVERT_TTL, ADVERTISEMENT } from "../vrrp/advert.ts";
import {
  ACCEPT,
  findPayload,
  isByte,
  isByteAtLeast,
  isLastWordOf,
  isPayloadByte,
  isPayloadByteAtLeast,
} from "./filter.ts";

/** SKF_NET_OFF: offsets that count from the IP header; a raw IPv6 socket's own begin behind it. */
const NETWORK_HEADER = -0x10_0000 >>> 0;
const HEADERS = {
  [4]: { ttl: 8, sourceEnd: 16 },
  [6]: { ttl: NETWORK_HEADER + 7, sourceEnd: NETWORK_HEADER + 24 },
} as const;
const [VRID_OFFSET, PRIORITY_OFFSET] = [1, 2];

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
