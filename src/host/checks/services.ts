/** What the services of the file need: IPVS and its schedulers, a host that forwards, ports that nobody else has. */
import type { ServiceSettings } from "../../balance/settings.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import { type Family, familyOf } from "../../net/ip.ts";
import { lacksIpvs } from "../no-ipvs.ts";
import { type Check, error, type Finding, note, type Remedy, warning } from "../picture.ts";

const hasServices = ({ services }: DirectorSettings) => services.length > 0;

export const ipvs: Check = {
  name: "ipvs",
  concerns: hasServices,
  judge: (_, host) =>
    host.noIpvs === undefined ? [] : [error(lacksIpvs(host.noIpvs), { kind: "module", name: "ip_vs" })],
};

export const schedulers: Check = {
  name: "schedulers",
  concerns: hasServices,
  judge({ services }, host) {
    return services
      .filter(({ scheduler }) => host.lacksModule(`ip_vs_${scheduler}`))
      .map(({ name, scheduler }) =>
        error(`service ${name}: this kernel has no module ip_vs_${scheduler} for its scheduler`),
      );
  },
};

/** What else the kernel needs, beside IPVS and its schedulers, and for what. */
export const modules: Check = {
  name: "modules",
  concerns: (settings) => needed(settings).length > 0,
  judge: (settings, host) =>
    needed(settings)
      .filter(([module]) => host.lacksModule(module))
      .map(([module, purpose]) => error(`this kernel has no module ${module} for ${purpose}`)),
};

function needed({ routers, services, marks }: DirectorSettings): [module: string, purpose: string][] {
  const linked = routers.find(({ virtualLinks }) => virtualLinks.length > 0);
  const closed = routers.find(({ accept }) => !accept);
  const calls = services.find(({ persistence }) => persistence?.engine === "sip");
  return [
    ...(linked === undefined
      ? []
      : [["macvlan", `the virtual MAC address of router ${linked.name}`] as const]),
    ...(closed === undefined ? [] : [["nf_tables", `accept = false of router ${closed.name}`] as const]),
    ...(marks.length === 0 ? [] : [["nf_tables", "the marks of services (match)"] as const]),
    ...(calls === undefined ? [] : [["ip_vs_pe_sip", `the persistence of service ${calls.name}`] as const]),
  ].map(([module, purpose]) => [module, purpose]);
}

const FORWARDING: Readonly<Record<Family, string>> = { 4: "ipv4/ip_forward", 6: "ipv6/conf/all/forwarding" };

export const forwarding: Check = {
  name: "forwarding",
  concerns: ({ services }) => natFamilies(services).length > 0,
  judge({ services }, host) {
    return natFamilies(services).flatMap((family): Finding[] => {
      const path = FORWARDING[family];
      if (host.sysctl(path) === "1") return [];
      const which = family === 4 ? "" : ", over IPv6, too";
      return [
        warning(`forward = "nat" needs a host that forwards${which}`, { kind: "sysctl", path, value: "1" }),
      ];
    });
  },
};

function natFamilies(services: readonly ServiceSettings[]): Family[] {
  const servers = services.flatMap((service) => service.servers.filter(({ forward }) => forward === "nat"));
  return [...new Set(servers.map(({ endpoint }) => familyOf(endpoint.address)))];
}

/**
 * With one arm, servers and clients on one link, the host tells the servers of the shorter way to the clients, and replies
 * that take it are not translated back.
 */
export const redirects: Check = {
  name: "redirects",
  concerns: ({ routers, services }) => routers.length > 0 && natFamilies(services).includes(4),
  judge({ routers, services }, host) {
    const arms = new Set(routers.flatMap((router) => router.addresses.map((one) => one.interface)));
    if (arms.size !== 1 || !natFamilies(services).includes(4)) return [];
    const [arm = ""] = arms;
    const remedies = ["all", arm]
      .map((name): Remedy => ({ kind: "sysctl", path: `ipv4/conf/${name}/send_redirects`, value: "0" }))
      .filter((remedy) => remedy.kind === "sysctl" && host.sysctl(remedy.path) === "1");
    if (remedies.length === 0) return [];
    const text = `forward = "nat" with one interface, ${arm}: ICMP redirects lead the servers' replies past this host`;
    return [warning(text, ...remedies)];
  },
};

export const ports: Check = {
  name: "ports",
  concerns: hasServices,
  judge({ services }, host) {
    return services.flatMap(({ name, protocol, listen }) => {
      const shadows = host.listeners.filter((one) => {
        const isEverywhere = one.address === "0.0.0.0" || one.address === "::";
        return (
          one.protocol === protocol &&
          listen.some((own) => {
            return "port" in own && own.port === one.port && (isEverywhere || own.address === one.address);
          })
        );
      });
      const taken = [...new Set(shadows.map(({ port }) => port))];
      return taken.map((port) => {
        const text = `service ${name}: a program of this host listens on ${protocol} port ${port}, too, and clients reach it whenever the service is not in the kernel's table`;
        return note(text);
      });
    });
  },
};
