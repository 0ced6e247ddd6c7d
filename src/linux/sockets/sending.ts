/** How adverts leave, and what is said of those that did not. */
import type { Refusal, SendOptions, SystemError } from "dgram-extras";
import { type IpAddress, isMulticast } from "../../net/ip.ts";
import type { AdvertAction } from "../../vrrp/action.ts";
import { ADVERT_TTL } from "../../vrrp/advert.ts";

/** CS6, internetwork control: what routers give their own traffic. */
export const TYPE_OF_SERVICE = 0xc0;

export function sendOptions(source: IpAddress, destination: IpAddress, interfaceIndex: number): SendOptions {
  const dontRoute = isMulticast(destination);
  return { source, interfaceIndex, ttl: ADVERT_TTL, tos: TYPE_OF_SERVICE, dontRoute };
}

const NONE: ReadonlyMap<AdvertAction, SystemError> = new Map();

/** The adverts of which no datagram left, by the first refusal. @param refusals by index among all their datagrams */
export function unsaid(
  adverts: readonly AdvertAction[],
  refusals: readonly Refusal[],
): ReadonlyMap<AdvertAction, SystemError> {
  if (refusals.length === 0) return NONE;
  const unsaid = new Map<AdvertAction, SystemError>();
  let begin = 0;
  for (const advert of adverts) {
    const end = begin + advert.datagrams.length;
    const own = refusals.filter(({ index }) => index >= begin && index < end);
    if (own[0] !== undefined && own.length === end - begin) unsaid.set(advert, own[0].error);
    begin = end;
  }
  return unsaid;
}
