/** How the kernel's balancer treats connections (net.ipv4.vs), where the file's services would have it otherwise. */
import type { ServiceSettings } from "../../balance/settings.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import { type Check, type Finding, type HostPicture, line, note, warning } from "../picture.ts";

/** Whoever has the same servers picks the same one for a client. */
const BY_HASH: readonly string[] = ["sh", "mh"];

interface Wish {
  /** Under net.ipv4.vs. It is 0 on a host that nobody has changed, and should be 1. */
  readonly name: string;
  wants(service: ServiceSettings): boolean;
  readonly tell: typeof note;
  readonly why: string;
}

const WISHES: readonly Wish[] = [
  {
    name: "expire_quiescent_template",
    wants: ({ persistence, servers }) =>
      persistence !== undefined && servers.some(({ checks }) => checks.length > 0),
    tell: warning,
    why: "persistent clients go on to a server that fails or is drained for as long as it is in the table",
  },
  {
    name: "expire_nodest_conn",
    wants: ({ onFailure, servers }) =>
      onFailure === "remove" && servers.some(({ checks }) => checks.length > 0),
    tell: note,
    why: "clients of a server that has left the table hang until they give up themselves; with 1 they are told",
  },
  {
    name: "sloppy_tcp",
    wants: ({ protocol, scheduler, servers }) =>
      protocol === "tcp" && BY_HASH.includes(scheduler) && servers.some(({ forward }) => forward !== "nat"),
    tell: note,
    why: "its scheduler finds the server of a client again on every director, but connections end with a fail-over unless they are synchronized",
  },
];

export const connections: Check = {
  name: "connections",
  concerns: ({ services }) => services.length > 0,
  judge: (settings, host) => WISHES.flatMap((wish) => findingOf(wish, settings, host)),
};

function findingOf(
  { name, wants, tell, why }: Wish,
  settings: DirectorSettings,
  host: HostPicture,
): Finding[] {
  const value = settings.table.sysctls[name] ?? host.sysctl(`ipv4/vs/${name}`);
  const [first, ...others] = settings.services.filter(wants);
  if (value !== "0" || first === undefined) return [];
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  // Not --fix's to write: what the file says is put back at a stop, and is the same on every director.
  return [
    tell(
      `service ${first.name}${more}: ${why} (${name} = 0)`,
      line(`sysctls = { ${name} = 1 }   in [ipvs] of the cluster file`),
    ),
  ];
}
