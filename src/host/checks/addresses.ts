/** The floating addresses: nobody else's, and the host will answer for them. */
import { familyOf } from "../../net/ip.ts";
import { isInNetwork } from "../network.ts";
import { type Check, error, type Finding, type HostPicture, line, note, warning } from "../picture.ts";

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
    const silent = names.flatMap((name) => {
      const path = `ipv4/conf/${name}/arp_ignore`;
      if (host.sysctl(path) !== SILENT) return [];
      const text = `arp_ignore is ${SILENT} on ${name}: this host answers ARP for no address, nor for a floating one`;
      return [error(text, { kind: "sysctl", path, value: "0" })];
    });
    return [...silent, ...names.flatMap((name) => doubles(name, host))];
  },
};

/** The kernel answers for an address on whatever interface it is asked, unless it is told not to. */
function doubles(name: string, host: HostPicture): Finding[] {
  const ignores = ["all", name].some((one) => (host.sysctl(`ipv4/conf/${one}/arp_ignore`) ?? "0") !== "0");
  const own = host.addresses.filter((one) => one.interface === name && one.family === 4);
  const others = own
    .filter(({ prefixLength }) => prefixLength < HOST_PREFIX)
    .flatMap(({ address, prefixLength }) =>
      host.addresses.filter(
        (one) =>
          one.interface !== name &&
          one.prefixLength < HOST_PREFIX &&
          isInNetwork(one.address, address, prefixLength),
      ),
    );
  const [other] = others.map((one) => one.interface);
  if (ignores || other === undefined) return [];
  const text = `${name} and ${other} are in one network, and each answers ARP for the addresses of the other: neighbours come to the wrong one`;
  const remedies = [
    ["arp_ignore", "1"],
    ["arp_announce", "2"],
  ] as const;
  return [
    warning(
      text,
      ...remedies.map(([setting, value]) => {
        return { kind: "sysctl", path: `ipv4/conf/all/${setting}`, value } as const;
      }),
    ),
  ];
}

const HOST_PREFIX = 32;

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
