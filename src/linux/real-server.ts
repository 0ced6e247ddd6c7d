/** Sets a host up as a real server, and back. What was changed is in a journal of its own, beside the daemon's. */
import {
  type HostState,
  LOOPBACK,
  type Made,
  madeAfter,
  prefixLengthOf,
  type Step,
} from "../host/real-server.ts";
import { unreachable } from "../net/bug.ts";
import { parseIp } from "../net/ip.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import { armKey } from "../vrrp/node.ts";
import { Journal } from "./journal.ts";
import { RouteClient } from "./route-client.ts";
import { noDevice, refusalOf } from "./sockets.ts";
import { readSysctl, writeSysctl } from "./sysctls.ts";

const JOURNAL_FILE = "realserver.json";

export class RealServerHost {
  readonly #route: RouteClient;
  readonly #journal: Journal;

  /** Throws SystemError. */
  constructor(stateDir: string) {
    this.#route = new RouteClient();
    this.#journal = new Journal(stateDir, JOURNAL_FILE);
  }

  /** As it is now. */
  state(): HostState {
    const names = new Map(this.#route.links().map(({ index, name }) => [index, name]));
    const addresses = this.#route.addresses().map(({ interfaceIndex, address }) => {
      return { address, interface: names.get(interfaceIndex) ?? "" };
    });
    return { addresses, sysctl: readSysctl };
  }

  get made(): Made {
    const addresses = [...this.#journal.addresses].flatMap(
      (key) => parseIp(key.slice(`${LOOPBACK} `.length)) ?? [],
    );
    return { addresses, sysctls: this.#journal.sysctls };
  }

  /** One outcome for each step, `undefined` for done. What is refused does not stop the others. */
  take(steps: readonly Step[]): (KernelRefusal | undefined)[] {
    // Written down before it is done; what did not come about is not there to be undone.
    this.#remember(
      madeAfter(
        steps.filter(({ kind }) => kind === "set" || kind === "add"),
        this.made,
      ),
    );
    const outcomes = steps.map((step) => this.#take(step));
    this.#remember(
      madeAfter(
        steps.filter((_, index) => outcomes[index] === undefined),
        this.made,
      ),
    );
    return outcomes;
  }

  /** Nothing of what was made here is left. */
  forget(): void {
    this.#remember({ addresses: [], sysctls: [] });
  }

  close(): void {
    this.#route.close();
  }

  #remember({ addresses, sysctls }: Made): void {
    this.#journal.setAddresses(addresses.map((address) => armKey({ interface: LOOPBACK, address })));
    this.#journal.setHost([], sysctls);
  }

  #take(step: Step): KernelRefusal | undefined {
    switch (step.kind) {
      case "set":
      case "restore":
        return refusalOf(() => writeSysctl(step.path, step.value));
      case "add":
      case "remove": {
        const { address } = step;
        const loopback = this.#route.links().find(({ name }) => name === LOOPBACK);
        if (loopback === undefined) return noDevice("if_nametoindex");
        const key = { interfaceIndex: loopback.index, address, prefixLength: prefixLengthOf(address) };
        return (
          step.kind === "add" ? this.#route.addAddresses([key]) : this.#route.deleteAddresses([key])
        )[0];
      }
      default:
        return unreachable(step);
    }
  }
}
