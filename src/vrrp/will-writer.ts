/** Writes a router's last will anew whenever what it would say has changed. */
import type { IpAddress } from "../net/ip.ts";
import type { RouterAction } from "./action.ts";
import type { NodeView } from "./node.ts";
import type { RouterSettings, VirtualAddress } from "./settings.ts";
import { advertAction } from "./speech.ts";

export class WillWriter {
  readonly #node: NodeView;
  readonly #push: (action: RouterAction) => void;
  #stale = false;
  /** The goodbye would leave from this address. */
  #source: IpAddress | undefined;

  constructor(node: NodeView, push: (action: RouterAction) => void) {
    this.#node = node;
    this.#push = push;
  }

  /** State, settings, or the addresses held are not what they were. */
  touch(): void {
    this.#stale = true;
  }

  /** Only a master, or one who leaves, has anything to bequeath. */
  settle(settings: RouterSettings, held: readonly VirtualAddress[], responsible: boolean): void {
    const source = this.#node.sourceOf(settings.interface);
    if (!this.#stale && (source === this.#source || !responsible)) return;
    this.#stale = false;
    this.#source = source;
    const { name: router, vrid } = settings;
    const can = responsible && source !== undefined;
    const will = can ? { vrid, goodbye: advertAction(settings, 0, source), addresses: held } : undefined;
    this.#push({ kind: "will", router, will });
  }
}
