/** docs/states.md, printed from the transition table. */
import { STATES, type State } from "../../src/vrrp/state.ts";
import { EFFECTS, EVENTS, type RouterEventName, type Row, TRANSITIONS } from "../../src/vrrp/transitions.ts";
import { table } from "./printed-page.ts";

const OPENING = `# States of a virtual router

Printed from \`src/vrrp/transitions.ts\` by a test; do not edit. The states are those of RFC 9568 §6.4, with two more:

* **Leaving** is a planned hand-over: goodbye is said, addresses and forwarding stay until a successor has them.
* **Fault** is a router that cannot do its work; it tries again when the cause is gone.

A change of state ends every running timer before the row's effects run; effects run in the order written.
`;

export function printStates(): string {
  const sections = [
    OPENING,
    ...STATES.map(printState),
    `## Events\n\n${glossary("Event", EVENTS)}\n`,
    `## Effects\n\n${glossary("Effect", EFFECTS)}\n`,
  ];
  return sections.join("\n");
}

function printState(state: State): string {
  const rows = eventNames().map((event) => ({ event, row: TRANSITIONS[state][event] }));
  const heeded = rows.filter(({ row }) => !isIgnored(state, row));
  const ignored = rows.filter(({ row }) => isIgnored(state, row)).map(({ event }) => `\`${event}\``);
  const cells = heeded.map(({ event, row }) => [
    `\`${event}\``,
    row.to === state ? "–" : `**${row.to}**`,
    row.effects.map((effect) => `\`${effect}\``).join(", ") || "–",
  ]);
  return [
    `## ${state}\n`,
    table(["Event", "To", "Effects"], cells),
    `\nIgnored: ${ignored.join(", ") || "nothing"}.\n`,
  ].join("\n");
}

function isIgnored(state: State, row: Row): boolean {
  return row.to === state && row.effects.length === 0;
}

function eventNames(): RouterEventName[] {
  return Object.keys(EVENTS).filter((name): name is RouterEventName => Object.hasOwn(EVENTS, name));
}

function glossary(head: string, meanings: Readonly<Record<string, string>>): string {
  return table(
    [head, "Meaning"],
    Object.entries(meanings).map(([name, meaning]) => [`\`${name}\``, meaning]),
  );
}
