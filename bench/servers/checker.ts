/** A director that checks two web servers each second, three failures in a row and it sends nobody there. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairFile, startDirector } from "../../test/support/director-process.ts";
import type { Lab } from "../../test/support/lab.ts";
import { portOf, VIP } from "../../test/support/topology.ts";
import type { Product } from "../director.ts";

export const INTERVAL_MS = 1_000;
const SERVERS = [portOf("r1", "inner").address, portOf("r2", "inner").address];

interface Checker {
  end(): Promise<void>;
}

export function startChecker(lab: Lab, product: Product): Promise<Checker> {
  return product === "keelson" ? startKeelson(lab) : startKeepalived(lab);
}

async function startKeelson(lab: Lab): Promise<Checker> {
  const servers = SERVERS.map((address, index) => `rs${index + 1} = { address = "${address}:80" }`);
  const services = `[services.web]
listen = ["${VIP}:80"]
scheduler = "rr"
forward = "nat"
check = { type = "http", interval = "1s", timeout = "1s", fall = 3, rise = 2 }
[services.web.servers]
${servers.join("\n")}
`;
  const undo: (() => void | Promise<void>)[] = [];
  const scope = { after: (step: () => void | Promise<void>) => void undo.push(step) };
  // Without real-time scheduling, which user-mode Linux cannot keep.
  const director = startDirector(scope, lab, "d1", pairFile({ more: services }), {
    ordinaryScheduling: true,
  });
  await director.event("ready");
  return {
    async end() {
      director.signal("SIGTERM");
      await director.ended;
      for (const step of undo) await step();
    },
  };
}

/** Its checkers alone. Three attempts in a row as well; it counts no successes. */
async function startKeepalived(lab: Lab): Promise<Checker> {
  const folder = join(lab.folder, "keepalived-checker");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const servers = SERVERS.map(
    (address) => `  real_server ${address} 80 {
    HTTP_GET {
      url {
        path /
        status_code 200
      }
      connect_timeout 1
      retry 2
      delay_before_retry 1
    }
  }`,
  );
  writeFileSync(
    join(folder, "keepalived.conf"),
    `virtual_server ${VIP} 80 {
  delay_loop 1
  lvs_sched rr
  lvs_method NAT
  protocol TCP
${servers.join("\n")}
}
`,
  );
  const places = [
    "-f",
    join(folder, "keepalived.conf"),
    "-p",
    join(folder, "pid"),
    "-c",
    join(folder, "checkers.pid"),
  ];
  const child = lab.start("d1", ["keepalived", "-n", "-C", "-l", "-G", ...places]);
  return {
    async end() {
      await child.stop();
    },
  };
}
