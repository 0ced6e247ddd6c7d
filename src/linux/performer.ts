/** Performs what the engine asks for on this host: adverts, addresses, announcements. Everything else is told on. */
import type { ElectorAction } from "../elector/action.ts";
import type { ElectorEvent } from "../elector/event.ts";
import type { ElectorInput } from "../elector/input.ts";
import { unreachable } from "../net/bug.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Will } from "../vrrp/action.ts";
import type { VirtualAddress } from "../vrrp/settings.ts";
import { type Deed, type Job, sliced, takeBatch } from "./batch.ts";
import { now } from "./clock.ts";
import type { RouteClient } from "./route-client.ts";
import { noDevice, refusalOf, type Sockets } from "./sockets.ts";
import { WorkQueue } from "./work-queue.ts";

/** A held address that nobody renews leaves the kernel by itself after this many seconds. */
const VALID_LIFETIME_S = 60;
/** Addresses written or announced in one go: well below a millisecond. */
const SLICE = 32;

type Refusal = KernelRefusal | undefined;

/** The hands of the performer. */
interface Host {
  readonly sockets: Sockets;
  readonly route: RouteClient;
  indexOf(interfaceName: string): number | undefined;
}

/** Who is told what cannot be done with hands. */
interface Listener {
  event(event: ElectorEvent): void;
  will(router: string, will: Will | undefined): void;
  stopped(): void;
  /** The kernel refused a deed. */
  refused(input: Extract<ElectorInput, { kind: "refused" }>): void;
}

export class Performer {
  readonly #host: Host;
  readonly #listener: Listener;
  readonly #work = new WorkQueue<Job>(now, (waiting) => this.#next(waiting));

  constructor(host: Host, listener: Listener) {
    this.#host = host;
    this.#listener = listener;
  }

  /** Each router's in order; but the wire and the kernel do not wait until everybody has been told. */
  perform(actions: readonly ElectorAction[]): void {
    const deeds: Deed[] = [];
    for (const action of actions) {
      if (action.kind === "advert") this.#report(action.router, "advert", this.#host.sockets.send(action));
      else if (isDeed(action)) deeds.push(...sliced(action, SLICE));
    }
    this.#work.push(...deeds);
    for (const action of actions) this.#tell(action);
  }

  close(): void {
    this.#work.close();
  }

  /** Work of others for the kernel, behind what is waiting already. */
  push(...calls: (() => void)[]): void {
    this.#work.push(...calls.map((call) => ({ kind: "call", call }) as const));
  }

  #tell(action: ElectorAction): void {
    switch (action.kind) {
      case "will":
        return this.#listener.will(action.router, action.will);
      case "event":
        return this.#listener.event(action.event);
      case "stopped":
        return this.push(() => this.#listener.stopped());
      case "advert":
      case "hold":
      case "release":
      case "announce":
        return;
      default:
        unreachable(action);
    }
  }

  #next(waiting: Job[]): void {
    const [first] = waiting;
    if (first?.kind === "call") {
      waiting.shift();
      return first.call();
    }
    const batch = takeBatch(waiting, SLICE);
    const refusals = first?.kind === "announce" ? this.#announce(batch) : this.#write(batch);
    for (const { kind, router, addresses } of batch) {
      const refusal = addresses.map((one) => refusals.get(one)).find((one) => one !== undefined);
      this.#report(router, kind, refusal);
    }
  }

  #report(router: string, action: Deed["kind"] | "advert", refusal: Refusal): void {
    if (refusal !== undefined) this.#listener.refused({ kind: "refused", router, action, refusal });
  }

  /** Holds, or releases, in one request. */
  #write(batch: readonly Deed[]): ReadonlyMap<VirtualAddress, Refusal> {
    const holding = batch[0]?.kind === "hold";
    const refusals = new Map<VirtualAddress, Refusal>();
    const written: { readonly one: VirtualAddress; readonly onLink: AddressOnLink }[] = [];
    for (const one of batch.flatMap(({ addresses }) => addresses)) {
      const interfaceIndex = this.#host.indexOf(one.interface);
      if (interfaceIndex !== undefined) written.push({ one, onLink: { ...one, interfaceIndex } });
      // What goes with its interface is released.
      else if (holding) refusals.set(one, noDevice("RTM_NEWADDR"));
    }
    const onLinks = written.map(({ onLink }) => onLink);
    let outcomes: readonly Refusal[] = [];
    const failed = refusalOf(() => {
      outcomes = holding ? this.#hold(onLinks) : this.#host.route.deleteAddresses(onLinks);
    });
    for (const [index, { one }] of written.entries()) refusals.set(one, failed ?? outcomes[index]);
    return refusals;
  }

  #hold(addresses: readonly AddressOnLink[]): readonly Refusal[] {
    return this.#host.route.addAddresses(
      addresses.map((one) => ({ ...one, validSeconds: VALID_LIFETIME_S })),
    );
  }

  #announce(batch: readonly Deed[]): ReadonlyMap<VirtualAddress, Refusal> {
    const addresses = batch.flatMap((deed) => deed.addresses);
    const outcomes = new Map<string, Refusal>();
    for (const name of new Set(addresses.map((arm) => arm.interface))) {
      const there = addresses.filter((arm) => arm.interface === name).map(({ address }) => address);
      outcomes.set(name, this.#host.sockets.announce(name, there));
    }
    return new Map(addresses.map((one) => [one, outcomes.get(one.interface)]));
  }
}

interface AddressOnLink {
  readonly address: VirtualAddress["address"];
  readonly prefixLength: number;
  readonly interfaceIndex: number;
}

function isDeed(action: ElectorAction): action is Extract<ElectorAction, Deed> {
  return action.kind === "hold" || action.kind === "release" || action.kind === "announce";
}
