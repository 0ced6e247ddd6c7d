/**
 * Imported by the balancer as it begins: whatever it has to compute, on a host with few processors the elector comes first,
 * also where real-time scheduling is refused. Five steps leave a third of a neighbour's share of a processor that is fought
 * for (sched(7)): little for a table of 40,000 servers, and plenty for the checks of a thousand.
 */
import { writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { setNice, threadIds } from "dgram-extras";
import { refusalOf } from "../refusal.ts";

const STEPS = 5;
const LAST = 19;

const nice = Math.min(getPriority() + STEPS, LAST);
// Those of the runtime too: most of its helpers collect garbage. Threads that come later take after the first one.
for (const thread of threadIds()) refusalOf(() => setNice(thread, nice));
// Where the kernel shares processors between sessions first, niceness counts only inside of one (sched(7), autogroup).
try {
  writeFileSync("/proc/self/autogroup", String(nice));
} catch {
  // Most kernels under systemd have none.
}
