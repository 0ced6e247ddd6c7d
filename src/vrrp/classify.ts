/** Which event an advert is, seen from one router (RFC 9568 §6.4): the only place where priorities are compared. */
import { compareIp, type IpAddress } from "../net/ip.ts";
import type { RouterEventName } from "./transitions.ts";

interface Standing {
  readonly priority: number;
  readonly source: IpAddress;
  /** We would take the place of a lower one: preempt, not held after a drill, and ready. */
  readonly preempting: boolean;
  /** A master that stalled and now asks who else is there. */
  readonly listening: boolean;
}

export function classify(priority: number, source: IpAddress, own: Standing): RouterEventName {
  if (priority === 0) return "advert-zero";
  if (own.listening) return "advert-while-listening";
  if (priority > own.priority) return "advert-better";
  if (priority === own.priority) return compareIp(source, own.source) > 0 ? "advert-better" : "advert-equal";
  return own.preempting ? "advert-lower" : "advert-lower-held";
}
