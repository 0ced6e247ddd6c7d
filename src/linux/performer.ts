/** Performs what the engine asks for on this host: adverts, addresses, announcements. Everything else is told on. */
import type { ElectorAction } from "../elector/action.ts";
import type { ElectorEvent } from "../elector/event.ts";
import type { ElectorInput } from "../elector/input.ts";
import { unreachable } from "../net/bug.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import type { Will } from "../vrrp/action.ts";
import type { VirtualAddress } from "../vrrp/settings.ts";
import type { RouteClient } from "./route-client.ts";
import { noDevice, refusalOf, type Sockets } from "./sockets.ts";
import { WorkQueue } from "./work-queue.ts";

/** A held address that nobody renews leaves the kernel by itself after this many seconds. */
const VALID_LIFETIME_S = 60;
/** Addresses written or announced in one go: well below a millisecond. */
const SLICE = 32;

type Deed = Extract<ElectorAction, { readonly kind: "advert" | "hold" | "release" | "announce" }>;

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
  readonly #work = new WorkQueue();

  constructor(host: Host, listener: Listener) {
    this.#host = host;
    this.#listener = listener;
  }

  /** In order, but the wire and the kernel do not wait until everybody has been told. */
  perform(actions: readonly ElectorAction[]): void {
    for (const action of actions) if (!isTold(action)) this.#do(action);
    for (const action of actions) if (isTold(action)) this.#do(action);
  }

  close(): void {
    this.#work.close();
  }

  /** Work of others for the kernel, behind what is waiting already. */
  push(...slices: (() => void)[]): void {
    this.#work.push(...slices);
  }

  #do(action: ElectorAction): void {
    switch (action.kind) {
      case "advert":
        return this.#report(action, this.#host.sockets.send(action));
      case "hold":
        return this.#inSlices(action, (slice) => this.#hold(slice));
      case "release":
        return this.#inSlices(action, (slice) => this.#release(slice));
      case "announce":
        return this.#inSlices(action, (slice) => this.#announce(slice));
      case "will":
        return this.#listener.will(action.router, action.will);
      case "event":
        return this.#listener.event(action.event);
      case "stopped":
        return this.#work.push(() => this.#listener.stopped());
      default:
        unreachable(action);
    }
  }

  #report({ kind: action, router }: Deed, refusal: KernelRefusal | undefined): void {
    if (refusal !== undefined) this.#listener.refused({ kind: "refused", router, action, refusal });
  }

  #inSlices(
    action: Exclude<Deed, { readonly kind: "advert" }>,
    call: (slice: readonly VirtualAddress[]) => KernelRefusal | undefined,
  ): void {
    const { addresses } = action;
    const slices: (() => void)[] = [];
    for (let start = 0; start < addresses.length; start += SLICE) {
      const slice = addresses.slice(start, start + SLICE);
      slices.push(() => this.#report(action, call(slice)));
    }
    this.#work.push(...slices);
  }

  #hold(addresses: readonly VirtualAddress[]): KernelRefusal | undefined {
    return this.#change(addresses, (batch) =>
      this.#host.route.addAddresses(batch.map((one) => ({ ...one, validSeconds: VALID_LIFETIME_S }))),
    );
  }

  #release(addresses: readonly VirtualAddress[]): KernelRefusal | undefined {
    return this.#change(addresses, (batch) => this.#host.route.deleteAddresses(batch));
  }

  #change(
    addresses: readonly VirtualAddress[],
    call: (batch: AddressOnLink[]) => readonly (KernelRefusal | undefined)[],
  ): KernelRefusal | undefined {
    const batch = addresses.flatMap(({ address, prefixLength, interface: name }) => {
      const interfaceIndex = this.#host.indexOf(name);
      return interfaceIndex === undefined ? [] : [{ address, prefixLength, interfaceIndex }];
    });
    let outcomes: readonly (KernelRefusal | undefined)[] = [];
    const failed = refusalOf(() => {
      outcomes = call(batch);
    });
    const missing = batch.length < addresses.length ? noDevice("RTM_NEWADDR") : undefined;
    return failed ?? outcomes.find((outcome) => outcome !== undefined) ?? missing;
  }

  #announce(addresses: readonly VirtualAddress[]): KernelRefusal | undefined {
    const names = new Set(addresses.map((arm) => arm.interface));
    const refusals = Array.from(names, (name) => {
      const there = addresses.filter((arm) => arm.interface === name).map(({ address }) => address);
      return this.#host.sockets.announce(name, there);
    });
    return refusals.find((refusal) => refusal !== undefined);
  }
}

interface AddressOnLink {
  readonly address: VirtualAddress["address"];
  readonly prefixLength: number;
  readonly interfaceIndex: number;
}

function isTold({ kind }: ElectorAction): boolean {
  return kind === "event" || kind === "will" || kind === "stopped";
}
