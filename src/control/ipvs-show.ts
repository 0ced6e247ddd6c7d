/**
 * `keelson ipvs show`: the kernel's table as it is now, everybody's. The balancer, if there is one, says why each server has
 * its weight; without it the journal still knows what we made.
 */
import { controlSocket } from "../channel/options.ts";
import type { IpvsInfo } from "../ipvs/info.ts";
import { Journal } from "../linux/state/journal.ts";
import { ask } from "./client.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { withIpvs } from "./ipvs-client.ts";
import { tableText } from "./ipvs-text.ts";
import { daemonViews, tableView } from "./ipvs-view.ts";
import { statusShape } from "./shapes.ts";

const QUESTION = { method: "GET", path: "/status", shape: statusShape, deadlineMs: 5_000 } as const;

export async function run(given: Given): Promise<number> {
  const reply = await ask(controlSocket(optionValue(given, "run-dir")), QUESTION);
  const { table: made, daemons: started } = new Journal(optionValue(given, "state-dir"));
  const services = reply.kind === "answer" ? reply.body.services : [];
  const away = reply.kind === "answer" ? undefined : reply.reason;
  return withIpvs("ipvs show", given, (client, namespace) => {
    const info: IpvsInfo | undefined = client.info();
    const table = tableView(client.listings(), { made, services });
    const around = {
      ...(namespace === undefined ? {} : { namespace }),
      timeouts: client.timeouts(),
      daemons: daemonViews(client.daemons(), started),
    };
    if (given.flags.has("json")) {
      const reason = away === undefined ? {} : { away };
      console.log(JSON.stringify({ ...info, ...around, ...reason, services: table }));
    } else console.log(tableText({ ...around, info }, table, away));
    return EXIT.done;
  });
}
