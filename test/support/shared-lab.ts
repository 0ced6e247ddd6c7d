/** One lab for all tests of a suite: building it, and starting what answers the clients, takes longer than many a test. */
import { after, before, beforeEach } from "node:test";
import { Bug } from "../../src/net/bug.ts";
import { type Lab, openLab } from "./lab.ts";
import type { NodeName } from "./topology.ts";
import { startResponders } from "./traffic.ts";

const DIRECTORS: readonly NodeName[] = ["d1", "d2"];
/** Floating addresses end in 100 … 127. */
const FLOATING = ["10.0.0.96/27", "192.168.1.96/27", "2001:db8::100/123", "fe80::100/123"];

/** To be called in the body of a `describe`. Before each test no director has a floating address. */
export function sharedLab(): () => Lab {
  let lab: Lab | undefined;
  let close: () => void | Promise<void> = () => {};
  const current = () => {
    if (lab === undefined) throw new Bug("the lab is there while the tests of its suite run");
    return lab;
  };
  before(async () => {
    lab = await openLab({ after: (undo) => (close = undo) });
    await startResponders(lab, DIRECTORS);
  });
  beforeEach(async () => {
    await Promise.all(DIRECTORS.map((node) => flushFloating(current(), node)));
  });
  after(() => close());
  return current;
}

export async function flushFloating(lab: Lab, node: NodeName): Promise<void> {
  const commands = FLOATING.map((range) => `ip address flush to ${range}`);
  await lab.exec(node, "sh", "-c", commands.join(" && "));
}
