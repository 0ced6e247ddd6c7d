/** A process that logs, for the tests of the log: `talker.ts WHAT`. */
import { openLog } from "../../src/log/log.ts";
import { SAMPLES } from "./samples.ts";

const MANY = 20_000;

const log = openLog({ process: "elector", environment: process.env, level: "debug" });

const TALKS: Readonly<Record<string, () => Promise<number> | number>> = {
  all() {
    for (const event of Object.values(SAMPLES).flat()) log.tell(event);
    return closed();
  },
  one() {
    log.tell(SAMPLES.stall[0]);
    return 0;
  },
  crash() {
    log.tell(SAMPLES.stall[0]);
    log.crash(new Error("boom"));
    return 1;
  },
  many() {
    many();
    return closed();
  },
  async "many-and-stay"() {
    many();
    // Standard error goes elsewhere: the test learns that nothing waits for the reader.
    const sign = setInterval(() => process.stderr.write("still alive\n"), 10);
    await new Promise((resolve) => process.once("SIGTERM", resolve));
    clearInterval(sign);
    return closed();
  },
};

// Not awaited where there is nothing to wait for: the exit comes in the same moment.
const outcome = TALKS[process.argv[2] ?? ""]?.();
process.exit(typeof outcome === "number" ? outcome : await outcome);

function many(): void {
  for (let count = 0; count < MANY; count++) log.tell({ ...SAMPLES.drop[0], count });
}

async function closed(): Promise<number> {
  await log.close();
  return 0;
}
