/**
 * Real-time scheduling for the elector: with it, adverts leave on time whatever else the machine does.
 *
 * Every thread gets it, because the main thread waits for the garbage collector's helpers; they get one step less,
 * because on a small machine two of them, compiling, would else keep it from every processor until they have done.
 * RLIMIT_RTTIME guards the machine against us, and children start with ordinary scheduling.
 */
import { currentThreadId, SystemError, setResourceLimit, setScheduler, threadIds } from "dgram-extras";

const PRIORITY = 10;
const HELPERS_PRIORITY = PRIORITY - 1;
/** Microseconds of CPU without a single wait: the kernel first warns (SIGXCPU), then kills. A warning unheard kills, too. */
const RUNAWAY_WARNING = 500_000;
const RUNAWAY_LIMIT = 1_000_000;
const REST_MS = 1;

const REMEDY =
  "adverts may be late under load. Under systemd grant it with CPUSchedulingPolicy=rr, CPUSchedulingPriority=10, LimitRTPRIO=10, LimitRTTIME=1000000 and CPUSchedulingResetOnFork=true";

/** `rr`, or the reason why not and what grants it. */
export function becomeRealtime():
  | { readonly kind: "rr" }
  | { readonly kind: "refused"; readonly reason: string } {
  try {
    process.on("SIGXCPU", rest);
    setResourceLimit("rttime", RUNAWAY_WARNING, RUNAWAY_LIMIT);
    const main = currentThreadId();
    for (const thread of threadIds())
      setScheduler(thread, "rr", thread === main ? PRIORITY : HELPERS_PRIORITY, { resetOnFork: true });
    return { kind: "rr" };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { kind: "refused", reason: `real-time scheduling refused (${error.code}): ${REMEDY}` };
  }
}

/**
 * Whoever hears the warning has much to do, and is no runaway: the event loop turns. One wait, and the kernel counts anew;
 * a host that is so busy must not lose its elector for that. (The engine tells of the stall itself.)
 */
function rest(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, REST_MS);
  // With each warning the kernel moves the next one a second further, behind the limit.
  setResourceLimit("rttime", RUNAWAY_WARNING, RUNAWAY_LIMIT);
}

/** For whoever only wanted to know: back to sharing the processors, with no limit but the ordinary ones. */
export function leaveRealtime(): void {
  for (const thread of threadIds()) setScheduler(thread, "other", 0, { resetOnFork: true });
}
