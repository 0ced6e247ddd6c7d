import assert from "node:assert/strict";
import { it } from "node:test";
import { planChange } from "../../src/config/change.ts";
import { loadCluster } from "../../src/config/load.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { DIRECTORS } from "./support.ts";

const SERVICES = 200;
const SERVERS = 50;

/** 200 services with 50 servers each, behind one router. */
function large(weight: number): string {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const services = numbers(SERVICES).map((service) => {
    const servers = numbers(SERVERS).map(
      (server) =>
        `[services.s${service}.servers.r${server}]\naddress = "10.${service}.0.${server + 10}:80"\nweight = ${weight}\n`,
    );
    return `[services.s${service}]\nlisten = ["192.0.2.100:${service + 1}"]\n${servers.join("")}`;
  });
  const router =
    '[routers.r]\nvrid = 1\npriority = { lb1 = 2, lb2 = 1 }\naddresses = ["192.0.2.100", "10.255.255.1/8"]\n';
  return DIRECTORS + router + services.join("");
}

it("10,000 servers are read, checked, planned, and placed when one of them is wrong", (context) => {
  const [text, other] = [large(1), large(2)];
  const start = performance.now();
  const [before, after] = [loadCluster(text, "f"), loadCluster(other, "f")];
  const read = performance.now();
  assert(before.kind === "ok" && after.kind === "ok");
  assert.deepEqual(before.warnings, []);
  const changes = planChange(settingsFor(before.cluster, "lb1"), settingsFor(after.cluster, "lb1"));
  assert.equal(changes.length, SERVICES * SERVERS);
  const planned = performance.now();
  const line = text.split("\n").length;
  const bad = loadCluster(`${text}wieght = 3\nport = 1\n`, "f");
  assert(bad.kind === "bad");
  assert.deepEqual(
    bad.issues.map((issue) => [issue.code, issue.line]),
    [
      ["unknown-key", line],
      ["unknown-key", line + 1],
    ],
  );
  const refused = performance.now();
  const took = { "read twice": read - start, planned: planned - read, refused: refused - planned };
  for (const [what, ms] of Object.entries(took)) context.diagnostic(`${what}: ${Math.round(ms)} ms`);
});
