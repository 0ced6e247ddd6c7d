/** The key `mac` of a router: whose MAC address its floating addresses have, and which interfaces that takes. */
import { z } from "zod";
import { type Family, familyOf } from "../net/ip.ts";
import { type VirtualLink, virtualMac } from "../vrrp/virtual-link.ts";
import { electionFamilies, electionFamily } from "./elections.ts";
import type { Router } from "./schema.ts";
import { interfaceName } from "./values.ts";

export const mac = z
  .union([
    z
      .enum(["interface", "virtual"])
      .transform((type) => ({ type, interface: undefined, advertsFrom: undefined })),
    z
      .strictObject({
        type: z.literal("virtual"),
        interface: interfaceName
          .exactOptional()
          .describe("Name of the interface that is made. Default: vrrp.VRID, for IPv6 vrrp6.VRID."),
        adverts_from: z
          .enum(["virtual", "parent"])
          .exactOptional()
          .describe("Whose MAC address adverts have. Default: virtual; with unicast: parent."),
      })
      .transform(({ type, interface: own, adverts_from: advertsFrom }) => ({
        type,
        interface: own,
        advertsFrom,
      })),
  ])
  .prefault("interface")
  .describe("Floating addresses have the MAC address of their interface, or the virtual router's own.");

export function withoutVirtualMac(router: Router): Router {
  return { ...router, mac: { type: "interface", interface: undefined, advertsFrom: undefined } };
}

/** Those that a router needs on a director. @param parent where it speaks there */
export function virtualLinksOf(router: Router, parent: string): VirtualLink[] {
  if (router.mac.type !== "virtual") return [];
  const floating = router.addresses
    .filter((one) => isOnLink(router, one, parent))
    .map(({ address }) => familyOf(address));
  const families = new Set([...(speaksVirtually(router) ? electionFamilies(router) : []), ...floating]);
  return [...families].map((family) => {
    return { name: linkName(router, family), family, parent, mac: virtualMac(router.vrid, family) };
  });
}

/** The interface that carries an address of a router. */
export function carrierOf(router: Router, address: Router["addresses"][number], parent: string): string {
  if (!isOnLink(router, address, parent)) return address.interface ?? parent;
  return linkName(router, familyOf(address.address));
}

/** The interface that adverts leave from, if it is not the router's. */
export function deviceOf(router: Router): { readonly device?: string } {
  return speaksVirtually(router) ? { device: linkName(router, electionFamily(router)) } : {};
}

/** Peers that are spoken to one by one are asked for by the host's own MAC address. */
function speaksVirtually({ mac: { type, advertsFrom }, unicast }: Router): boolean {
  return type === "virtual" && !unicast && advertsFrom !== "parent";
}

function isOnLink(router: Router, { interface: arm }: Router["addresses"][number], parent: string): boolean {
  return router.mac.type === "virtual" && (arm === undefined || arm === parent);
}

/** The file names the one of the election's family. */
function linkName(router: Router, family: Family): string {
  const own = family === electionFamily(router) ? router.mac.interface : undefined;
  return own ?? `vrrp${family === 4 ? "" : "6"}.${router.vrid}`;
}
