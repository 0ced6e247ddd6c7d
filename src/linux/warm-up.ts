/** Makes the elector's code fast before it is needed, and keeps it so. */
import { deserialize, serialize, setFlagsFromString } from "node:v8";
import { rehearse } from "../elector/rehearsal.ts";
import { ip } from "../net/ip.ts";
import { millis, seconds } from "../net/time.ts";
import type { RouterSettings } from "../vrrp/settings.ts";
import { now } from "./clock.ts";

/** Some 50 ms of computing, while the balancer starts. */
const LIVES = 50;
const INTERFACE = "rehearsal";

const SETTINGS = received({
  name: INTERFACE,
  vrid: 1,
  interface: INTERFACE,
  interval: millis(100),
  priority: 100,
  preempt: true,
  addresses: [{ address: ip("192.0.2.3"), prefixLength: 32, interface: INTERFACE }],
  stopTimeout: seconds(1),
});

export function warmUp(): void {
  // A collection would throw away the code of what has not run lately: of claiming, above all.
  setFlagsFromString("--no-flush-bytecode");
  for (let life = 0; life < LIVES; life++) rehearseLife();
}

/** What is about to be needed is fetched back into the processor's caches. */
export function rehearseLife(): void {
  rehearse(SETTINGS, now());
}

/** As the channel delivers it: the compiler tells such an object from one that was written here. */
function received(settings: RouterSettings): RouterSettings {
  return deserialize(serialize(settings));
}
