/** Whether the kernel believes that packets may come in where they do. */
import type { RouterSettings } from "../../vrrp/settings.ts";
import { interfacesAt } from "../network.ts";
import { type Check, type HostPicture, warning } from "../picture.ts";

const STRICT = 1;
const LOOSE = 2;

/** Adverts too are judged, and are gone before anybody counts them: only the kernel's IPReversePathFilter does. */
export const reversePath: Check = {
  name: "rp_filter",
  concerns: ({ routers }) => routers.some(({ transport }) => transport.family === 4),
  judge({ routers }, host) {
    const four = routers.filter(({ transport }) => transport.family === 4);
    const texts = new Map(four.flatMap((router) => strangersTo(router, host)));
    return [...texts].map(([text, path]) => warning(text, { kind: "sysctl", path, value: String(LOOSE) }));
  },
};

/** Of the interface and of all the greater one counts. */
function isStrict(name: string, host: HostPicture): boolean {
  const [all = 0, own = 0] = ["all", name].map((one) =>
    Number(host.sysctl(`ipv4/conf/${one}/rp_filter`) ?? 0),
  );
  return Math.max(all, own) === STRICT;
}

/** Directors to whom the way is another one. What is behind routers is theirs to know. */
function strangersTo({ interface: name, transport }: RouterSettings, host: HostPicture): [string, string][] {
  const { audience } = transport;
  const others = (audience.kind === "group" ? audience.directors : audience.peers) ?? [];
  if (!isStrict(name, host)) return [];
  return others.flatMap((source): [string, string][] => {
    const ways = interfacesAt(host, source);
    if (ways.length === 0 || ways.includes(name)) return [];
    const text = `the way to ${source} is over ${ways.join(", ")}: with rp_filter = 1 its adverts that come in on ${name} are dropped`;
    return [[text, `ipv4/conf/${name}/rp_filter`]];
  });
}
