/** What one service of the cluster file listens to: each is a virtual service of the kernel's. */
import { type Family, familyOf, type IpAddress } from "../net/ip.ts";
import { endpointText } from "./kernel-table.ts";
import type { DestinationKey, Mark, Protocol, ServiceKey } from "./settings.ts";

/** An endpoint of the service's protocol, all ports of an address (0), or a firewall mark. */
export type Listen = DestinationKey | Mark;

/** Of a longer list only so many are shown. */
const SHOWN = 4;

export function isMark(listen: Listen): listen is Mark {
  return "mark" in listen;
}

export function familyOfListen(listen: Listen): Family {
  return isMark(listen) ? listen.family : familyOf(listen.address);
}

/** None of a mark. */
export function addressesOf(listen: Listen): IpAddress[] {
  return isMark(listen) ? [] : [listen.address];
}

export function listenKey(protocol: Protocol, listen: Listen): ServiceKey {
  return isMark(listen) ? { protocol: "mark", ...listen } : { protocol, ...listen };
}

/** Where servers without a port of their own are checked. */
export function firstPort(listen: readonly Listen[]): number | undefined {
  return listen.flatMap((one) => (isMark(one) || one.port === 0 ? [] : [one.port]))[0];
}

/** As it comes over the control socket, too. */
type ShownEndpoint = { readonly address: string; readonly port: number };
type Shown = ShownEndpoint | { readonly family: number; readonly mark: number };

/** `192.0.2.1:80`, `192.0.2.1:*`, `mark 5 (IPv4)` */
export function listenText(listen: Shown): string {
  if ("mark" in listen) return `mark ${listen.mark} (IPv${listen.family})`;
  const text = endpointText(listen);
  return listen.port === 0 ? text.replace(/0$/, "*") : text;
}

export function listenTexts(listen: readonly Shown[]): string {
  const shown = listen.slice(0, SHOWN).map(listenText);
  const more = listen.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}

/** Where a server is, without the port that it has not. */
export function serverText(endpoint: ShownEndpoint): string {
  return endpoint.port === 0 ? endpoint.address : endpointText(endpoint);
}
