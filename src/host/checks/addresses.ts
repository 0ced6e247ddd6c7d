/** The floating addresses: nobody else's, and the host will answer for them. */
import { familyOf } from "../../net/ip.ts";
import { type Check, error, line, note } from "../picture.ts";

export const addresses: Check = {
  name: "addresses",
  concerns: ({ routers }) => routers.length > 0,
  judge({ routers }, host) {
    return routers.flatMap((router) => {
      const own = new Map(router.addresses.map((arm) => [arm.address, arm]));
      return host.addresses.flatMap(({ address, interface: name }) => {
        if (!own.has(address) || host.owns({ interface: name, address })) return [];
        const text = `router ${router.name}: ${address} is on ${name} already, and not put there by Keelson`;
        return [error(text, line(`ip address del ${address} dev ${name}`))];
      });
    });
  },
};

/** 8 answers for no address at all; with the others the host answers for those of the interface that was asked. */
const SILENT = "8";

export const arp: Check = {
  name: "arp",
  concerns: ({ routers }) =>
    routers.some((router) => router.addresses.some(({ address }) => familyOf(address) === 4)),
  judge({ routers }, host) {
    const arms = routers.flatMap((router) =>
      router.addresses.filter(({ address }) => familyOf(address) === 4),
    );
    const names = ["all", ...new Set(arms.map((arm) => arm.interface))];
    return names.flatMap((name) => {
      const path = `ipv4/conf/${name}/arp_ignore`;
      if (host.sysctl(path) !== SILENT) return [];
      const text = `arp_ignore is ${SILENT} on ${name}: this host answers ARP for no address, nor for a floating one`;
      return [error(text, { kind: "sysctl", path, value: "0" })];
    });
  },
};

/** A router without services has its addresses for programs of this host. */
export const binding: Check = {
  name: "binding",
  concerns: ({ routers, services }) => routers.length > 0 && services.length === 0,
  judge({ routers }, host) {
    const families = new Set(
      routers.flatMap((router) => router.addresses.map(({ address }) => familyOf(address))),
    );
    return [...families].flatMap((family) => {
      const path = `ipv${family}/ip_nonlocal_bind`;
      if (host.sysctl(path) !== "0") return [];
      const text = `a program that binds to a floating IPv${family} address cannot start on a backup; one that listens on all addresses can`;
      return [note(text, { kind: "sysctl", path, value: "1" })];
    });
  },
};
