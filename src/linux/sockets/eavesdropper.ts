/** Listens for a few intervals to whoever sends adverts with the VRIDs of a file, whoever it is. */
import { setTimeout as pause } from "node:timers/promises";
import type { HeardAdvert, HeardAdverts } from "../../host/picture.ts";
import { familyOf, type IpAddress } from "../../net/ip.ts";
import { type Duration, micros, seconds, toMillis } from "../../net/time.ts";
import type { LinkInfo } from "../../netlink/link.ts";
import { advertSize, decodeAdvert, decodeHeader, MULTICAST_GROUPS } from "../../vrrp/advert.ts";
import type { ReceivedPacket } from "../../vrrp/packet.ts";
import type { RouterSettings } from "../../vrrp/settings.ts";
import { refusalOf } from "../refusal.ts";
import { AdvertSocket } from "./advert-socket.ts";

/** A master is heard once in an interval, unless the wire is bad. */
const INTERVALS = 3;
const LONGEST = seconds(5);
/** Of several senders; who floods the link is not heard out. */
const MOST_ADVERTS = 1_000;

type Speaker = Pick<RouterSettings, "interface" | "vrid" | "transport" | "interval">;

/** Never rejects. */
export async function hearAdverts(
  routers: readonly Speaker[],
  links: readonly LinkInfo[],
): Promise<HeardAdverts> {
  const adverts = new Map<string, HeardAdvert>();
  const deaf = new Map<string, string>();
  const sockets: AdvertSocket[] = [];
  const take = (socket: AdvertSocket) => {
    for (const packet of socket.drain().packets) {
      const heard = advertIn(packet);
      if (adverts.size < MOST_ADVERTS) adverts.set(JSON.stringify(heard), heard);
    }
  };
  for (const speakers of arms(routers)) {
    const [{ interface: name, transport }] = speakers;
    const index = links.find((link) => link.name === name)?.index;
    // That it is not there others say.
    if (index === undefined) continue;
    const refusal = refusalOf(() => {
      const groups = [...new Set(speakers.map(groupOf))];
      const vrids = [...new Set(speakers.map(({ vrid }) => vrid))];
      const arm = { interface: name, index, family: transport.family, groups, vrids };
      const socket: AdvertSocket = new AdvertSocket(arm, () => take(socket));
      sockets.push(socket);
    });
    if (refusal !== undefined) deaf.set(name, refusal.text);
  }
  if (sockets.length > 0) await pause(toMillis(patience(routers)));
  for (const socket of sockets) socket.close();
  return { adverts: [...adverts.values()], deaf };
}

/** By interface and family. */
function arms(routers: readonly Speaker[]): [Speaker, ...Speaker[]][] {
  const found = new Map<string, [Speaker, ...Speaker[]]>();
  for (const router of routers) {
    const key = `${router.interface} ${router.transport.family}`;
    const others = found.get(key);
    if (others === undefined) found.set(key, [router]);
    else others.push(router);
  }
  return [...found.values()];
}

/** Also where our own directors speak to one another alone. */
function groupOf({ transport: { audience, family } }: Speaker): IpAddress {
  return audience.kind === "group" ? audience.group : MULTICAST_GROUPS[family];
}

function patience(routers: readonly Speaker[]): Duration {
  const longest = Math.max(0, ...routers.map(({ interval }) => interval));
  return micros(Math.min(INTERVALS * longest, LONGEST));
}

function advertIn({ interface: name, source, bytes }: ReceivedPacket): HeardAdvert {
  const family = familyOf(source);
  const { version, vrid, priority, count } = decodeHeader(bytes);
  // Behind it may be a signature.
  const decoded = decodeAdvert(bytes.subarray(0, advertSize(version, count, family)), family);
  const addresses = decoded.kind === "advert" ? decoded.advert.addresses : [];
  return { interface: name, family, source, vrid, priority, addresses };
}
