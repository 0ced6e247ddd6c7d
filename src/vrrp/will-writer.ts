/** Writes a router's last will anew whenever what it would say has changed. */
import type { IpAddress } from "../net/ip.ts";
import { type NodeView, sourceFor } from "./node.ts";
import type { Outbox } from "./outbox.ts";
import type { RouterSettings, VirtualAddress } from "./settings.ts";
import { advertAction } from "./speech.ts";

export class WillWriter {
  readonly #node: NodeView;
  readonly #outbox: Outbox;
  #stale = false;
  /** The goodbye would leave from this address. */
  #source: IpAddress | undefined;

  constructor(node: NodeView, outbox: Outbox) {
    this.#node = node;
    this.#outbox = outbox;
  }

  /** State, settings, or the addresses held are not what they were. */
  touch(): void {
    this.#stale = true;
  }

  /** Only a master, or one who leaves, has anything to bequeath. */
  settle(settings: RouterSettings, held: readonly VirtualAddress[], responsible: boolean): void {
    const source = sourceFor(settings, this.#node);
    if (!this.#stale && (source === this.#source || !responsible)) return;
    this.#stale = false;
    this.#source = source;
    const { name: router, vrid, transport } = settings;
    const can = responsible && source !== undefined;
    const will = can
      ? { vrid, transport, goodbye: advertAction(settings, 0, source), addresses: held }
      : undefined;
    this.#outbox.push({ kind: "will", router, will });
  }
}
