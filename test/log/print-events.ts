/** docs/events.md, printed from the kinds of events and the names of their causes. */
import { FAILURES, PROBLEMS } from "../../src/checks/result.ts";
import { WEIGHT_CAUSES } from "../../src/log/balance-kinds.ts";
import type { EventKind } from "../../src/log/event.ts";
import { EVENT_KINDS, eventLine } from "../../src/log/line.ts";
import { SERVICE_CAUSES } from "../../src/notify/cause.ts";
import { NOTIFY_FAILURES } from "../../src/notify/outcome.ts";
import { DROP_REASONS } from "../../src/vrrp/drop.ts";
import { CAUSES } from "../../src/vrrp/event.ts";
import { table } from "../support/printed-page.ts";
import { SAMPLES } from "./samples.ts";

const OPENING = `# Events

Printed from the source by a test; do not edit. The log, \`keelson explain\` and \`GET /events\` tell these events.
Names of kinds, fields and causes are stable. A log line is one JSON object: \`level\`, \`time\`, \`process\` (elector or
balancer), \`pid\`, \`message\` (one sentence), \`kind\`, and the event's own fields.
Durations are whole microseconds, except where a name ends in another unit.
`;

export function printEvents(): string {
  return [
    OPENING,
    ...kinds().map(printKind),
    glossary("Causes of transitions", CAUSES),
    glossary("Reasons for ignored datagrams", DROP_REASONS),
    glossary("Failures of checks", FAILURES),
    glossary("Checks that could not be tried", PROBLEMS),
    glossary("Causes of weights", WEIGHT_CAUSES),
    glossary("Causes of what is told of services, beside failures of checks", SERVICE_CAUSES),
    glossary("Failures of notifications", NOTIFY_FAILURES),
  ].join("\n");
}

export function kinds(): EventKind[] {
  return Object.keys(EVENT_KINDS).filter((kind): kind is EventKind => Object.hasOwn(EVENT_KINDS, kind));
}

function printKind(kind: EventKind): string {
  const samples = SAMPLES[kind];
  const fields = Object.keys(samples[0]).filter((field) => field !== "kind");
  const examples = samples.map((sample) => {
    const { level, message } = eventLine(sample);
    return `* ${level}: \`${message}\``;
  });
  const names = fields.map((field) => `\`${field}\``).join(", ");
  return `## ${kind}\n\n${EVENT_KINDS[kind].meaning} Fields: ${names || "none"}.\n\n${examples.join("\n")}\n`;
}

function glossary(head: string, meanings: Readonly<Record<string, string>>): string {
  const rows = Object.entries(meanings).map(([name, meaning]) => [`\`${name}\``, meaning]);
  return `## ${head}\n\n${table(["Name", "Meaning"], rows)}\n`;
}
