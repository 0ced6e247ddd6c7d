/** A process that logs, for the tests of the log: `talker.ts WHAT`. */
import { openLog } from "../../src/log/log.ts";
import { SAMPLES } from "./samples.ts";

const MANY = 20_000;

const log = openLog({ process: "elector", environment: process.env, level: "debug" });
const [what] = process.argv.slice(2);
const patience = setInterval(() => {}, 1_000);

switch (what) {
  case "all":
    for (const event of Object.values(SAMPLES).flat()) log.tell(event);
    await log.close();
    break;
  case "one":
    log.tell(SAMPLES.stall[0]);
    process.exit(0);
  case "crash":
    log.tell(SAMPLES.stall[0]);
    log.crash(new Error("boom"));
    process.exit(1);
  case "many":
    many();
    await log.close();
    break;
  case "many-and-stay": {
    many();
    // Standard error goes elsewhere: the test learns that nothing waits for the reader.
    setTimeout(() => process.stderr.write("still alive\n"), 1);
    await new Promise((resolve) => process.once("SIGTERM", resolve));
    await log.close();
    break;
  }
  default:
    throw new Error(`say what? ${what}`);
}
clearInterval(patience);
process.exit(0);

function many(): void {
  for (let count = 0; count < MANY; count++) log.tell({ ...SAMPLES.drop[0], count });
}
