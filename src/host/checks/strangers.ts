/** Others on the network who use a VRID of the file: they and this file's directors would take each other for one router. */
import { advertisedAddresses, type RouterSettings } from "../../vrrp/settings.ts";
import {
  type Check,
  error,
  type Finding,
  type HeardAdvert,
  type HostPicture,
  line,
  note,
  warning,
} from "../picture.ts";

export const strangers: Check = {
  name: "strangers",
  concerns: ({ routers }) => routers.length > 0,
  judge({ routers }, host) {
    if (host.heard === undefined) return [];
    const { adverts, deaf } = host.heard;
    const unheard = [...deaf].map(([name, why]) =>
      note(`whether a stranger on ${name} has our VRIDs is not known: ${why}; listening needs CAP_NET_RAW`),
    );
    return [...unheard, ...routers.flatMap((router) => ofRouter(router, adverts, host))];
  },
};

function ofRouter(router: RouterSettings, adverts: readonly HeardAdvert[], host: HostPicture): Finding[] {
  const { audience, family } = router.transport;
  const known = audience.kind === "group" ? audience.directors : audience.peers;
  const own = new Set(host.addresses.map(({ address }) => address));
  const sources = new Map(
    adverts
      .filter(
        (one) => one.interface === router.interface && one.vrid === router.vrid && one.family === family,
      )
      .map((one) => [one.source, one]),
  );
  return [...sources.values()].flatMap((advert) => {
    if (own.has(advert.source)) return [];
    if (known !== undefined) return known.includes(advert.source) ? [] : [stranger(router, advert)];
    return isSame(router, advert) ? [] : [other(router, advert)];
  });
}

function stranger(
  { name, vrid }: RouterSettings,
  { interface: link, source, priority }: HeardAdvert,
): Finding {
  const text = `router ${name}: ${source} on ${link} sends adverts for VRID ${vrid}, with priority ${priority}, and is no director of this file: the two will be taken for one router`;
  return error(text, line(`another vrid for router ${name} in the file of all directors, or at ${source}`));
}

/** Who the directors are is not in the file: what they advertise is. */
function other({ name, vrid }: RouterSettings, { interface: link, source, addresses }: HeardAdvert): Finding {
  const what = addresses.length === 0 ? "other addresses" : addresses.join(", ");
  const text = `router ${name}: ${source} on ${link} advertises ${what} for VRID ${vrid}: a stranger, or a director with another file`;
  return warning(
    text,
    line(`another vrid for router ${name} in the file of all directors, or the same file at ${source}`),
  );
}

function isSame(router: RouterSettings, { addresses }: HeardAdvert): boolean {
  const own = new Set(advertisedAddresses(router));
  return own.size === addresses.length && addresses.every((address) => own.has(address));
}
