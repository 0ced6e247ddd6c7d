/**
 * `keelson ipvs restore`: brings the services of a saved table into the state that it has of them. All of it is read before
 * anything is done, and only what differs is written. Other services stay.
 */
import { readFileSync } from "node:fs";
import { controlSocket } from "../channel/options.ts";
import { plan } from "../ipvs/diff.ts";
import { kernelTable } from "../ipvs/kernel-table.ts";
import { readSavedTable } from "../ipvs/saved-table.ts";
import { memberId, serviceId, type Table } from "../ipvs/settings.ts";
import { describeStep, type PlanStep, serviceText } from "../ipvs/step.ts";
import type { IpvsClient } from "../linux/netlink/ipvs-client.ts";
import { refusalOf } from "../linux/refusal.ts";
import { Journal } from "../linux/state/journal.ts";
import { ask } from "./client.ts";
import { type Given, operandOf, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { withIpvs } from "./ipvs-client.ts";
import { isOurs, type Owner } from "./ipvs-view.ts";
import { statusShape } from "./shapes.ts";

const VERB = "ipvs restore";
const QUESTION = { method: "GET", path: "/status", shape: statusShape, deadlineMs: 5_000 } as const;
const STANDARD_INPUT = 0;

export async function run(given: Given): Promise<number> {
  const file = operandOf(given);
  let text = "";
  const unreadable = refusalOf(() => {
    text = readFileSync(file === "-" ? STANDARD_INPUT : file, "utf8");
  });
  if (unreadable !== undefined) return complain([`keelson ${VERB}: ${unreadable.text}`], EXIT.badFile);
  const saved = readSavedTable(text);
  if (saved.kind === "bad") {
    const name = file === "-" ? "standard input" : file;
    const lines = saved.issues.map(({ line, message }) => `${name}:${line}: error: ${message}`);
    return complain([...lines, `keelson ${VERB}: refused, nothing was changed`], EXIT.badFile);
  }
  const reply = await ask(controlSocket(optionValue(given, "run-dir")), QUESTION);
  const owner: Owner | undefined =
    reply.kind === "answer"
      ? { made: new Journal(optionValue(given, "state-dir")).table, services: reply.body.services }
      : undefined;
  return withIpvs(VERB, given, (client) => {
    const steps = stepsTowards(saved.table, client);
    if (steps.length === 0) return say(["no change"]);
    if (given.flags.has("plan")) return say(steps.map(describeStep));
    const owned = owner === undefined ? [] : steps.filter(({ service }) => isOurs(service, owner));
    if (owned.length > 0 && !given.flags.has("force")) return refuse(owned);
    return take(steps, client);
  });
}

/** Servers of these services that the table does not have go. */
function stepsTowards(table: Table, client: IpvsClient): PlanStep[] {
  const actual = kernelTable(client.listings());
  const wanted = new Set(table.map(serviceId));
  const members = actual.services
    .filter((service) => wanted.has(serviceId(service)))
    .flatMap((service) => service.destinations.map((one) => memberId(service, one)));
  return plan(table, actual, new Set(members));
}

function refuse(owned: readonly PlanStep[]): number {
  const services = [...new Set(owned.map(({ service }) => serviceText(service)))];
  const why =
    "a running Keelson has them, and would put them back within seconds; --force does it all the same";
  return complain(
    [`keelson ${VERB}: refused, nothing was changed: ${services.join(", ")}: ${why}`],
    EXIT.refused,
  );
}

function take(steps: readonly PlanStep[], client: IpvsClient): number {
  const outcomes = client.apply(steps);
  const done = steps.filter((_, index) => outcomes[index] === undefined);
  if (done.length > 0) say(done.map(describeStep));
  const refused = steps.flatMap((step, index) => {
    const refusal = outcomes[index];
    return refusal === undefined ? [] : [`refused: ${describeStep(step)}: ${refusal.text} (${refusal.code})`];
  });
  return refused.length === 0 ? EXIT.done : complain(refused, EXIT.refused);
}

function say(lines: readonly string[]): number {
  console.log(lines.join("\n"));
  return EXIT.done;
}

function complain(lines: readonly string[], code: number): number {
  console.error(lines.join("\n"));
  return code;
}
