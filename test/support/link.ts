/** What the kernel says of a node's outer interface. */
import { z } from "zod";
import type { Lab } from "./lab.ts";
import type { NodeName } from "./topology.ts";

const counter = z.object({ packets: z.number() });
const links = z.array(z.object({ operstate: z.string(), stats64: z.object({ rx: counter, tx: counter }) }));

interface Link {
  /** `UP`, `DOWN`, … */
  readonly state: string;
  /** Packets. */
  readonly received: number;
  readonly sent: number;
}

export async function linkOf(lab: Lab, node: NodeName): Promise<Link> {
  const text = await lab.exec(node, "ip", "-json", "-statistics", "link", "show", "dev", "eth0");
  const [found] = links.parse(JSON.parse(text));
  if (found === undefined) throw new Error(text);
  return { state: found.operstate, received: found.stats64.rx.packets, sent: found.stats64.tx.packets };
}
