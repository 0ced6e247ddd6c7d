/** Sets a host up as a real server, and back. What was changed is in a journal of its own, beside the daemon's. */
import { existsSync } from "node:fs";
import {
  type HostState,
  type Made,
  madeAfter,
  NOTHING_MADE,
  prefixLengthOf,
  type Step,
} from "../../host/real-server.ts";
import { unreachable } from "../../net/bug.ts";
import { parseIp } from "../../net/ip.ts";
import type { GuePort } from "../../netlink/fou.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { type Arm, armKey } from "../../vrrp/node.ts";
import { closeGuePort, guePorts, openGuePort } from "../netlink/fou-client.ts";
import { RouteClient } from "../netlink/route-client.ts";
import { noDevice, refusalOf } from "../refusal.ts";
import { Journal } from "../state/journal.ts";
import { readSysctl, writeSysctl } from "../sysctls.ts";

const JOURNAL_FILE = "realserver.json";
const IFF_UP = 0x1;
const ANY_PROTOCOL = 0;
const MAKING: ReadonlySet<Step["kind"]> = new Set(["set", "add", "raise", "open"]);
/** A port stands among the links of the journal, by a name that no link has. */
const GUE = "gue port";

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
    const links = this.#route.links();
    const names = new Map(links.map(({ index, name }) => [index, name]));
    const addresses = this.#route.addresses().map(({ interfaceIndex, address }) => {
      return { address, interface: names.get(interfaceIndex) ?? "" };
    });
    const up = new Map(links.map(({ name, flags }) => [name, (flags & IFF_UP) !== 0]));
    // Asking would load the module.
    const ports = existsSync("/sys/module/fou") ? guePorts() : [];
    return {
      addresses,
      sysctl: readSysctl,
      linkUp: (name) => up.get(name),
      modeAny: (name) => links.some((link) => link.name === name && link.innerProtocol === ANY_PROTOCOL),
      guePorts: ports,
      hasModule: (name) => existsSync(`/sys/module/${name}`),
    };
  }

  get made(): Made {
    const addresses = [...this.#journal.addresses].flatMap((key) => armIn(key) ?? []);
    const guePorts = this.#journal.links.flatMap((text) => guePortIn(text) ?? []);
    const links = this.#journal.links.filter((text) => guePortIn(text) === undefined);
    return { addresses, sysctls: this.#journal.sysctls, links, guePorts };
  }

  /** One outcome for each step, `undefined` for done. What is refused does not stop the others. */
  take(steps: readonly Step[]): (KernelRefusal | undefined)[] {
    // Written down before it is done; what did not come about is not there to be undone.
    this.#remember(
      madeAfter(
        steps.filter(({ kind }) => MAKING.has(kind)),
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

  /** Before somebody makes it for us: it is to be deleted even if nothing more comes of it. */
  noteLink(name: string): void {
    this.#remember(madeAfter([{ kind: "raise", name }], this.made));
  }

  /** Nothing of what was made here is left. */
  forget(): void {
    this.#remember(NOTHING_MADE);
  }

  close(): void {
    this.#route.close();
  }

  #remember({ addresses, sysctls, links, guePorts: ports }: Made): void {
    this.#journal.setAddresses(addresses.map(armKey));
    this.#journal.setHost(
      [...links, ...ports.map(({ family, port }) => `${GUE} ${family} ${port}`)],
      sysctls,
    );
  }

  #take(step: Step): KernelRefusal | undefined {
    switch (step.kind) {
      case "set":
      case "restore":
        return refusalOf(() => writeSysctl(step.path, step.value));
      case "add":
      case "remove": {
        const { address, interface: own } = step.arm;
        const link = this.#route.links().find(({ name }) => name === own);
        if (link === undefined) return noDevice("if_nametoindex");
        const key = { interfaceIndex: link.index, address, prefixLength: prefixLengthOf(address) };
        return (
          step.kind === "add" ? this.#route.addAddresses([key]) : this.#route.deleteAddresses([key])
        )[0];
      }
      case "raise":
      case "lower":
      case "delete": {
        const link = this.#route.links().find(({ name }) => name === step.name);
        if (link === undefined) return noDevice("if_nametoindex");
        if (step.kind === "delete") return this.#route.deleteLink(link.index);
        return step.kind === "raise"
          ? this.#route.setLinkUp(link.index)
          : this.#route.setLinkDown(link.index);
      }
      case "open":
      case "close":
        return portRefusal(() => (step.kind === "open" ? openGuePort(step.port) : closeGuePort(step.port)));
      default:
        return unreachable(step);
    }
  }
}

/** Of an `armKey`. */
function armIn(key: string): Arm | undefined {
  const [name = "", text = ""] = key.split(" ");
  const address = parseIp(text);
  return address === undefined ? undefined : { interface: name, address };
}

function guePortIn(text: string): GuePort | undefined {
  const [, family, port] = /^gue port ([46]) (\d+)$/.exec(text) ?? [];
  return port === undefined ? undefined : { family: family === "4" ? 4 : 6, port: Number(port) };
}

function portRefusal(act: () => KernelRefusal | undefined): KernelRefusal | undefined {
  let refused: KernelRefusal | undefined;
  const failed = refusalOf(() => {
    refused = act();
  });
  return failed ?? refused;
}
