/** The balancer's process: create, connect, start. Forked by the elector (src/linux/elector/balancer-process.ts). */
import "./linux/balancer/ignore-signals.ts";
import type { ToBalancer } from "./channel/message.ts";
import type { BalancerOptions } from "./channel/options.ts";
import { Balancer } from "./linux/balancer/balancer.ts";
import { openLog } from "./log/log.ts";

/** The elector's pipe: it ends when the elector does. */
const HANG_UP_DESCRIPTOR = 4;

const options: BalancerOptions = JSON.parse(process.argv[2] ?? "");
const log = openLog({ process: "balancer", environment: process.env });
process.on("uncaughtExceptionMonitor", (error) => log.crash(error));

const balancer = new Balancer(options, log, {
  // A message that the elector can no longer take: `disconnect` tells the same.
  send: (message) => process.connected && process.send?.(message, () => {}),
  hangUp: HANG_UP_DESCRIPTOR,
});
process.on("message", (message: ToBalancer) => balancer.receive(message));
process.on("disconnect", () => balancer.orphaned());
await balancer.start();
