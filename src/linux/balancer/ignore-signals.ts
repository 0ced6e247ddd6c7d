/** Imported first of all by the balancer: the elector alone decides what a signal means. */
import { disableDebuggerSignal } from "dgram-extras";

disableDebuggerSignal();
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGUSR2"] as const) {
  process.on(signal, () => {});
}
