/** Makes the elector's code fast before it is needed, and keeps it so. */
import { deserialize, serialize, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { rehearse } from "../../elector/rehearsal.ts";
import { ip } from "../../net/ip.ts";
import { after, millis, seconds } from "../../net/time.ts";
import { multicastTransport, PLAIN_ELECTION, type RouterSettings } from "../../vrrp/settings.ts";
import { now } from "../clock.ts";
import { RouteClient } from "../netlink/route-client.ts";
import { Sockets } from "../sockets/sockets.ts";
import { Performer } from "./performer.ts";

/** Computing alone, while the balancer starts. */
const LIVES = 50;
/** Those in which real sockets take part: some 100 ms on a busy machine, while the balancer still starts. */
const LIVES_ON_LOOPBACK = 20;
/** Before the elector obeys its first cluster file: */
const LIVES_AS_ROUTER = 5;
/** of so many at once, when it has as many. They would all claim together, and that is when it has no time to compile. */
const MOST_ROUTERS = 64;
const INTERFACE = "lo";
/**
 * Beyond that no further life is begun, on a slow machine: masters cannot wait, and a process that the kernel lets go first
 * may not go on for as long as a second.
 */
const LONGEST_REHEARSAL = millis(300);
/** No interface has this index: what is asked for there, the kernel refuses. */
const NOWHERE = 0x7fff_ffff;

/**
 * By how much the heap may grow from one full collection to the next, in hundredths: one that falls into a claim of many
 * routers takes as long as the claim, and nearly nothing makes garbage until then.
 */
const HEAP_GROWTH = 300;

/** Of addresses that nobody has (RFC 5737). */
const NEIGHBOURHOOD = "198.51.100";
const ADDRESS = { address: ip("192.0.2.3"), prefixLength: 32, interface: INTERFACE };

const ANYBODY = received({
  name: "rehearsal",
  vrid: 1,
  interface: INTERFACE,
  transport: multicastTransport(4),
  interval: millis(100),
  priority: 100,
  preempt: true,
  ...PLAIN_ELECTION,
  addresses: [ADDRESS],
  stopTimeout: seconds(1),
});

/** Lives that are lived for practice: as anybody, until the first router is known. */
export class WarmUp {
  #routers: readonly RouterSettings[] = [ANYBODY];

  /** Throws SystemError when the host gives us no sockets. */
  begin(): void {
    // A collection would throw away the code of what has not run lately: of claiming, above all.
    setFlagsFromString("--no-flush-bytecode");
    setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
    for (let life = 0; life < LIVES; life++) this.live();
    rehearseOnLoopback(this.#routers, LIVES_ON_LOOPBACK);
  }

  /**
   * As these routers from now on. The compiler has learnt the shape of anybody's settings; where that of real ones differs,
   * it would throw its work away in the middle of the first claim. Throws SystemError.
   */
  become(routers: readonly RouterSettings[]): void {
    const [first] = routers;
    if (first === undefined) return;
    const like = likeness(first);
    rehearseOnLoopback(
      routers.slice(0, MOST_ROUTERS).map((_, index) => sibling(like, index)),
      LIVES_AS_ROUTER,
    );
    this.#routers = [like];
    collectGarbage();
  }

  /** One life. What is about to be needed is fetched back into the processor's caches. */
  live(): void {
    rehearse(this.#routers, now());
  }
}

/** As the channel delivers it, on the loopback interface. */
function likeness(router: RouterSettings): RouterSettings {
  const { version, family, audience, authentication, device } = router.transport;
  const isPlain =
    version === 3 &&
    family === 4 &&
    audience.kind === "group" &&
    authentication === undefined &&
    device === undefined;
  // In the order of the keys lies the shape: none is left out.
  return received({
    ...router,
    interface: INTERFACE,
    transport: isPlain ? router.transport : ANYBODY.transport,
    ...PLAIN_ELECTION,
    addresses: router.addresses.slice(0, 1).map((one) => ({ ...one, ...ADDRESS })),
  });
}

/** One more of that kind, beside it. */
function sibling(router: RouterSettings, index: number): RouterSettings {
  const address = ip(`${NEIGHBOURHOOD}.${index + 1}`);
  return received({
    ...router,
    name: `${router.name}-${index}`,
    vrid: index + 1,
    addresses: router.addresses.map((one) => ({ ...one, address })),
  });
}

/** Adverts and announcements go to nobody on the loopback interface; addresses are asked for where there is none. */
function rehearseOnLoopback(routers: readonly RouterSettings[], lives: number): void {
  const route = new RouteClient();
  const sockets = new Sockets({ packets: () => {}, announcements: () => {}, opened: () => {} });
  const loopback = route.links().find(({ name }) => name === INTERFACE);
  sockets.fit(routers, () => loopback);
  const silent = { event: () => {}, will: () => {}, stopped: () => {}, refused: () => {} };
  const end = after(now(), LONGEST_REHEARSAL);
  for (let life = 0; life < lives && now() < end; life++) {
    // Each has a turn of its own: a queue works only for so long in one turn of the event loop.
    const performer = new Performer({ sockets, route, indexOf: () => NOWHERE, expectIp6: () => {} }, silent);
    rehearse(routers, now(), (actions) => {
      performer.perform(actions);
      performer.goOn();
    });
    performer.close();
    sockets.packets();
    sockets.announcements();
  }
  sockets.close();
  route.close();
}

/** As the channel delivers it: the compiler tells such an object from one that was written here. */
function received(settings: RouterSettings): RouterSettings {
  return deserialize(serialize(settings));
}

/** All of it, now: what the start and the rehearsals have left would else be collected when it suits nobody. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
