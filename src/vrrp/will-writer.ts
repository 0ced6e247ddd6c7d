/** Writes a router's last will anew whenever what it would say has changed. */
import type { IpAddress } from "../net/ip.ts";
import { after, type Instant } from "../net/time.ts";
import type { Machine } from "./machine.ts";
import { type NodeView, sourceFor } from "./node.ts";
import type { Outbox } from "./outbox.ts";
import type { Seal } from "./seal.ts";
import type { RouterSettings, VirtualAddress } from "./settings.ts";
import { bequestRenewal } from "./signing.ts";
import { advertAction } from "./speech.ts";
import type { Timers } from "./timers.ts";

export class WillWriter {
  readonly #node: NodeView;
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  readonly #seal: Seal;
  #stale = false;
  /** The goodbye would leave from this address, */
  #source: IpAddress | undefined;
  /** by what was known then. */
  #revision = 0;

  constructor(node: NodeView, { timers, outbox, seal }: Pick<Machine, "timers" | "outbox" | "seal">) {
    this.#node = node;
    this.#timers = timers;
    this.#outbox = outbox;
    this.#seal = seal;
  }

  /** State, settings, or the addresses held are not what they were, or its signature is about to be too old. */
  touch(): void {
    this.#stale = true;
  }

  /** Only a master, or one who leaves, has anything to bequeath. */
  settle(
    settings: RouterSettings,
    held: readonly VirtualAddress[],
    responsible: boolean,
    now: Instant,
  ): void {
    const { revision } = this.#node;
    // After every advert.
    if (!this.#stale && (!responsible || revision === this.#revision)) return;
    this.#revision = revision;
    const source = sourceFor(settings, this.#node);
    if (!this.#stale && source === this.#source) return;
    this.#stale = false;
    this.#source = source;
    const { name: router, vrid, virtualLinks, transport, steering } = settings;
    const can = responsible && source !== undefined;
    const sign = this.#seal.bequeather(settings, now);
    const goodbye = can ? advertAction(settings, 0, source, sign) : undefined;
    const will =
      goodbye === undefined
        ? undefined
        : { vrid, virtualLinks, transport, goodbye, addresses: held, steering };
    const { authentication } = transport;
    const renewed = can && authentication !== undefined;
    this.#timers.arm("will", renewed ? after(now, bequestRenewal(authentication)) : undefined);
    this.#outbox.push({ kind: "will", router, will });
  }
}
