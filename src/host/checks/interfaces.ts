/** The interfaces of the file's routers: that they are there, up, and have an address to speak from. */
import type { DirectorSettings } from "../../config/settings.ts";
import { familyOf } from "../../net/ip.ts";
import type { LinkInfo } from "../../netlink/link.ts";
import type { Transport } from "../../vrrp/settings.ts";
import { type Check, error, type Finding, type HostPicture, line, warning } from "../picture.ts";

/** All that routers use, but for those that are yet to be made. */
export function interfacesOf({ routers }: DirectorSettings): string[] {
  const made = new Set(routers.flatMap(({ virtualLinks }) => virtualLinks.map(({ name }) => name)));
  const needed = routers.flatMap((router) => [
    router.interface,
    ...router.addresses.map((arm) => arm.interface),
  ]);
  return [...new Set(needed)].filter((name) => !made.has(name));
}

export const interfaces: Check = {
  name: "interfaces",
  concerns: ({ routers }) => routers.length > 0,
  judge: (settings, host) => [
    ...missing(settings, host),
    ...sourceless(settings, host),
    ...down(settings, host),
  ],
};

/** Floating IPv6 addresses need an interface that speaks IPv6. */
export const ip6: Check = {
  name: "ipv6",
  concerns: ({ routers }) =>
    routers.some((router) => router.addresses.some(({ address }) => familyOf(address) === 6)),
  judge({ routers }, host) {
    const arms = routers.flatMap((router) =>
      router.addresses.filter(({ address }) => familyOf(address) === 6),
    );
    const names = [...new Set(arms.map((arm) => arm.interface))];
    return names.flatMap((name) => {
      const path = `ipv6/conf/${name}/disable_ipv6`;
      if (host.sysctl(path) !== "1") return [];
      return [error(`interface ${name}: IPv6 is turned off there`, { kind: "sysctl", path, value: "0" })];
    });
  },
};

function missing(settings: DirectorSettings, host: HostPicture): Finding[] {
  const absent = interfacesOf(settings).filter((name) => linkNamed(host, name) === undefined);
  return absent.map((name) => error(`interface ${name}: there is none on this host`));
}

function sourceless({ routers }: DirectorSettings, host: HostPicture): Finding[] {
  const texts = routers.flatMap(({ interface: name, transport }) => {
    const link = linkNamed(host, name);
    return link === undefined || hasSource(link, transport, host) ? [] : [sourceText(name, transport)];
  });
  return [...new Set(texts)].map((text) => error(text));
}

function hasSource(link: LinkInfo, { family, source }: Transport, host: HostPicture): boolean {
  if (source === undefined) return host.sourceOf(link, family) !== undefined;
  return host.addresses.some((found) => found.interface === link.name && found.address === source);
}

function sourceText(name: string, { family, source }: Transport): string {
  if (source !== undefined)
    return `interface ${name}: does not have ${source}, where adverts are to leave from`;
  const kind = family === 4 ? "IPv4" : "link-local IPv6";
  return `interface ${name}: has no ${kind} address of its own to send adverts from`;
}

function down(settings: DirectorSettings, host: HostPicture): Finding[] {
  return interfacesOf(settings)
    .filter((name) => linkNamed(host, name)?.up === false)
    .map((name) => {
      const text = `interface ${name}: is down; its routers wait in Fault until it is up`;
      return warning(text, line(`ip link set ${name} up`));
    });
}

function linkNamed({ links }: HostPicture, name: string): LinkInfo | undefined {
  return links.find((link) => link.name === name);
}
