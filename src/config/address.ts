/** The addresses that float: alone, or in a table with what the kernel is told of them beside the address. */
import { z } from "zod";
import type { IpAddress } from "../net/ip.ts";
import type { AddressTraits } from "../netlink/address.ts";
import { ip4FromNumber, networkOf } from "./ip4.ts";
import { addressLabel, floatingAddress, hostAddress, interfaceName } from "./values.ts";

/** RT_SCOPE_ */
const SCOPES = { global: 0, site: 200, link: 253, host: 254 } as const;

const table = z.strictObject({
  address: floatingAddress,
  interface: interfaceName.exactOptional().describe("The interface that carries it."),
  label: addressLabel.exactOptional().describe("IPv4 alone: what old tools take for an interface."),
  scope: z.enum(["global", "site", "link", "host"]).exactOptional().describe("IPv4 alone."),
  broadcast: z
    .union([z.boolean(), hostAddress])
    .exactOptional()
    .describe("IPv4 alone: the broadcast address, or true for the last one of the network."),
  deprecated: z
    .boolean()
    .exactOptional()
    .describe("IPv6 alone: never the source of own connections. Default: whether it is alone (/128)."),
  home: z.boolean().exactOptional().describe("IPv6 alone: a home address (RFC 6275)."),
  prefix_route: z
    .boolean()
    .exactOptional()
    .describe("Whether the network's route comes with it. Default: true."),
});

/** What is written of an address beside the address and its interface. */
type More = Omit<z.output<typeof table>, "address" | "interface">;
const NOTHING: More = {};

export const virtualAddress = z.union([
  floatingAddress.transform((written) => ({ ...written, interface: undefined, more: NOTHING })),
  table.transform(({ address, interface: arm, ...more }) => ({ ...address, interface: arm, more })),
]);

type Floating = z.output<typeof virtualAddress>;

/** Nothing at all when the file says nothing of it. */
export function traitsOf(floating: Floating): { readonly traits?: AddressTraits } {
  const { scope, broadcast: _, prefix_route: prefixRoute, ...rest } = floating.more;
  const broadcast = broadcastOf(floating);
  const traits = {
    ...rest,
    ...(scope === undefined ? {} : { scope: SCOPES[scope] }),
    ...(broadcast === undefined ? {} : { broadcast }),
    ...(prefixRoute === undefined ? {} : { prefixRoute }),
  };
  return Object.keys(traits).length === 0 ? {} : { traits };
}

/** As the cluster file calls it. */
export function scopeName(scope: number = SCOPES.global): string {
  return Object.entries(SCOPES).find(([, number]) => number === scope)?.[0] ?? String(scope);
}

/** Of an address that is IPv4. */
export function broadcastOf({ address, prefixLength, more }: Floating): IpAddress | undefined {
  const { broadcast = false } = more;
  if (typeof broadcast === "string") return broadcast;
  return broadcast ? ip4FromNumber(networkOf(address, prefixLength).last) : undefined;
}
