/** Makes the elector's code fast before it is needed, and keeps it so. */
import { deserialize, serialize, setFlagsFromString } from "node:v8";
import { rehearse } from "../elector/rehearsal.ts";
import { ip } from "../net/ip.ts";
import { millis, seconds } from "../net/time.ts";
import { multicastTransport, PLAIN_ELECTION, type RouterSettings } from "../vrrp/settings.ts";
import { now } from "./clock.ts";
import { Performer } from "./performer.ts";
import { RouteClient } from "./route-client.ts";
import { Sockets } from "./sockets.ts";

/** Some 50 ms of computing, while the balancer starts. */
const LIVES = 50;
/** Those in which real sockets take part. */
const LIVES_ON_LOOPBACK = 20;
const INTERFACE = "lo";
/** No interface has this index: what is asked for there, the kernel refuses. */
const NOWHERE = 0x7fff_ffff;

const SETTINGS = received({
  name: "rehearsal",
  vrid: 1,
  interface: INTERFACE,
  transport: multicastTransport(4),
  interval: millis(100),
  priority: 100,
  preempt: true,
  ...PLAIN_ELECTION,
  addresses: [{ address: ip("192.0.2.3"), prefixLength: 32, interface: INTERFACE }],
  stopTimeout: seconds(1),
});

/** Throws SystemError when the host gives us no sockets. */
export function warmUp(): void {
  // A collection would throw away the code of what has not run lately: of claiming, above all.
  setFlagsFromString("--no-flush-bytecode");
  for (let life = 0; life < LIVES; life++) rehearseLife();
  rehearseOnLoopback();
}

/** What is about to be needed is fetched back into the processor's caches. */
export function rehearseLife(): void {
  rehearse(SETTINGS, now());
}

/** Adverts and announcements go to nobody on the loopback interface; addresses are asked for where there is none. */
function rehearseOnLoopback(): void {
  const route = new RouteClient();
  const sockets = new Sockets({ packets: () => {}, announcements: () => {} });
  const loopback = route.links().find(({ name }) => name === INTERFACE);
  sockets.fit([SETTINGS], () => loopback);
  const silent = { event: () => {}, will: () => {}, stopped: () => {}, refused: () => {} };
  const performer = new Performer({ sockets, route, indexOf: () => NOWHERE }, silent);
  for (let life = 0; life < LIVES_ON_LOOPBACK; life++) {
    rehearse(SETTINGS, now(), (actions) => {
      performer.perform(actions);
      performer.goOn();
    });
    sockets.packets();
    sockets.announcements();
  }
  performer.close();
  sockets.close();
  route.close();
}

/** As the channel delivers it: the compiler tells such an object from one that was written here. */
function received(settings: RouterSettings): RouterSettings {
  return deserialize(serialize(settings));
}
