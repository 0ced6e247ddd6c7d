/**
 * A director's life in fast motion, for nobody: what has run before runs at once.
 *
 * The first claim of a process would spend most of a millisecond on compiling, between the last deadline of a silent
 * master and the advert that succeeds it, and it may come after months.
 */
import { ip } from "../net/ip.ts";
import type { Instant } from "../net/time.ts";
import { encodeAdvert, MULTICAST_GROUPS } from "../vrrp/advert.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import type { ElectorAction } from "./action.ts";
import { Engine } from "./engine.ts";
import type { ElectorInput } from "./input.ts";

/** Every host has it: adverts from it can be sent, to nobody, on the loopback interface. */
const OWN = ip("127.0.0.1");
const PEER = ip("192.0.2.2");
const [BETTER, LEAVING] = [254, 0];
/** In each part of the life: enough for a claim and some adverts after it. */
const DEADLINES = 20;

/**
 * Backup, follower, master by silence, the same after a reload, follower again, master by goodbye, gone. The compiler
 * learns shapes: the settings come the way real ones do, and `start` is an instant as large as real ones are.
 *
 * @param perform what is to be done with the actions; without it nothing is
 */
export function rehearse(
  routers: readonly RouterSettings[],
  start: Instant,
  perform: (actions: readonly ElectorAction[]) => void = () => {},
): void {
  const engine = new Engine();
  let now = start;
  const feed = (input: ElectorInput) => perform(engine.handle(input, now));
  const configure = () => feed({ kind: "configure", routers, journal: new Set() });
  const arms = (present: boolean) => {
    for (const arm of routers.flatMap(({ addresses }) => addresses))
      feed({ kind: "address", ...arm, present });
  };
  const hear = (priority: number) => {
    for (const router of routers) feed(heard(router, priority, now));
  };
  const serve = () => {
    for (let count = 0; count < DEADLINES; count++) {
      now = engine.nextDeadline() ?? now;
      feed({ kind: "tick" });
    }
  };
  for (const link of new Set(routers.map((router) => router.interface))) {
    feed({ kind: "link", interface: link, up: true });
    feed({ kind: "source", interface: link, family: 4, address: OWN });
  }
  feed({ kind: "ready" });
  configure();
  hear(BETTER);
  serve();
  arms(true);
  configure();
  hear(BETTER);
  arms(false);
  hear(LEAVING);
  serve();
  feed({ kind: "stop" });
  serve();
}

function heard(settings: RouterSettings, priority: number, receivedAt: Instant): ElectorInput {
  const { vrid, interval, addresses, interface: name } = settings;
  const listed = addresses.map(({ address }) => address);
  const path = { source: PEER, destination: MULTICAST_GROUPS[4] };
  const bytes = encodeAdvert({ version: 3, vrid, priority, interval, addresses: listed }, path);
  return { kind: "packet", packet: { interface: name, ...path, ttl: 255, bytes, receivedAt } };
}
