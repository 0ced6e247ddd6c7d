/** Reads and changes the kernel's IPVS table over generic netlink. There are no notifications: who wants to know must look. */
import { SystemError } from "dgram-extras";
import { IPVS_FAMILY } from "../../ipvs/command.ts";
import { decodeDestination, decodeDestinationState, getDestinations } from "../../ipvs/destination.ts";
import { stepRequest, stepVerdict } from "../../ipvs/execution.ts";
import { imprintOf } from "../../ipvs/imprint.ts";
import { decodeInfo, getInfo, type IpvsInfo } from "../../ipvs/info.ts";
import {
  identityOf,
  type KernelTable,
  type ServiceListing,
  type TableEntry,
  tableEntry,
  tableOf,
} from "../../ipvs/kernel-table.ts";
import {
  decodeService,
  decodeServiceRecord,
  getService,
  getServices,
  type ServiceIdentity,
  type ServiceRecord,
} from "../../ipvs/service.ts";
import type { ServiceKey } from "../../ipvs/settings.ts";
import type { PlanStep } from "../../ipvs/step.ts";
import {
  decodeDaemon,
  deleteDaemon,
  getDaemons,
  newDaemon,
  type RunningDaemon,
  type SyncDaemon,
  type SyncRole,
} from "../../ipvs/sync-daemon.ts";
import { decodeTimeouts, getTimeouts, setTimeouts, type Timeouts } from "../../ipvs/timeouts.ts";
import { EAFNOSUPPORT, ENOENT, ESRCH } from "../../netlink/errno.ts";
import { decodeFamily, getFamily } from "../../netlink/generic.ts";
import type { Message } from "../../netlink/message.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import { type InParts, toTheEnd } from "../in-parts.ts";
import { namespaceId } from "../namespace.ts";
import { errorFrom, NetlinkChannel } from "./netlink-channel.ts";

const NETLINK_GENERIC = 16;
/** Services and servers that are read without a pause. */
const PART = 250;
/** Of a service that is asked for; a kernel without IPv6 has none of that family. */
const ABSENT: readonly number[] = [ESRCH, EAFNOSUPPORT];
/** A step, and the edit that it may turn into. */
const ATTEMPTS = 2;

/** One service, as it was seen. */
interface Sight {
  readonly imprint: string;
  readonly entry: TableEntry;
}

/** A refused listing throws SystemError, as does a socket that fails; a refused step is an outcome. */
export class IpvsClient {
  readonly #namespace: string | undefined;
  readonly #lost: () => void;
  #channel: NetlinkChannel;
  /** Of the namespace that the channel was opened in. */
  #entered: string | undefined;
  #family: number | undefined;
  /** When everything was read last; a service by the text of its own record, which has to be the same, too. */
  #sights: ReadonlyMap<string, Sight> = new Map();

  /**
   * @param namespace a path such as /run/netns/x. Throws SystemError where it cannot be entered.
   * @param lost the path leads elsewhere meanwhile, or nowhere: nothing of what was known of the table holds there
   */
  constructor(namespace?: string, lost: () => void = () => {}) {
    this.#namespace = namespace;
    this.#lost = lost;
    this.#entered = namespace === undefined ? undefined : namespaceId(namespace);
    this.#channel = channelIn(namespace);
  }

  /** Finds the kernel's IPVS, and loads it if need be. Refused with ENOENT: this host has none. */
  resolve(): KernelRefusal | undefined {
    this.#enterAnew();
    this.#family = undefined;
    const [answer] = this.#channel.ask([getFamily(IPVS_FAMILY)]);
    this.#family = answer?.messages.map(decodeFamily).find((id) => id !== undefined);
    return answer?.refusal;
  }

  info(): IpvsInfo | undefined {
    return this.#channel.list(getInfo(this.#familyId()), decodeInfo)[0];
  }

  timeouts(): Timeouts | undefined {
    return this.#channel.list(getTimeouts(this.#familyId()), decodeTimeouts)[0];
  }

  /** Those that are absent stay. Throws SystemError, also when the kernel refuses. */
  setTimeouts(timeouts: Partial<Timeouts>): void {
    this.#channel.list(setTimeouts(this.#familyId(), timeouts), () => undefined);
  }

  /** Everybody's. */
  daemons(): RunningDaemon[] {
    return this.#channel.list(getDaemons(this.#familyAnew()), decodeDaemon);
  }

  startDaemon(daemon: SyncDaemon): KernelRefusal | undefined {
    return this.#channel.ask([newDaemon(this.#familyId(), daemon)])[0]?.refusal;
  }

  /** One that has ended meanwhile is stopped. */
  stopDaemon(role: SyncRole): KernelRefusal | undefined {
    const refusal = this.#channel.ask([deleteDaemon(this.#familyId(), role)])[0]?.refusal;
    return refusal?.errno === ESRCH ? undefined : refusal;
  }

  /** Everybody's. @param only those that are asked for; all when absent */
  table(only?: readonly ServiceKey[]): KernelTable {
    return toTheEnd(this.reading(only));
  }

  /**
   * As `table`; pauses between parts of a large one. Services that are as they were when everything was read last are the same
   * objects: how many connections their destinations have is known only of those that have no weight.
   */
  *reading(only?: readonly ServiceKey[]): InParts<KernelTable> {
    const family = this.#familyAnew();
    const records =
      only === undefined
        ? this.#channel.list(getServices(family), decodeServiceRecord)
        : this.#records(family, only);
    const sights = new Map<string, Sight>();
    let part = 0;
    for (const record of records) {
      const messages = this.#channel.list(getDestinations(family, record.identity), (message) => message);
      const name = JSON.stringify(record);
      sights.set(name, sightOf(record, messages, this.#sights.get(name)));
      part += 1 + messages.length;
      if (part < PART) continue;
      part = 0;
      yield;
    }
    if (only === undefined) this.#sights = sights;
    return tableOf(Array.from(sights.values(), ({ entry }) => entry));
  }

  /** As `table`, in the kernel's own words, and with its counters. */
  listings(): ServiceListing[] {
    const family = this.#familyAnew();
    const services = this.#channel.list(getServices(family), decodeService);
    return services.map((service) => ({
      service,
      destinations: this.#destinations(service.record.identity, decodeDestination),
    }));
  }

  /** Of those that there are. */
  #records(family: number, services: readonly ServiceKey[]): ServiceRecord[] {
    const answers = this.#channel.ask(services.map((key) => getService(family, identityOf(key))));
    return answers.flatMap(({ messages, refusal }) => {
      if (refusal !== undefined && !ABSENT.includes(refusal.errno)) throw errorFrom(refusal);
      return messages.flatMap((message) => decodeServiceRecord(message) ?? []);
    });
  }

  #destinations<T>(
    service: ServiceIdentity,
    decode: (message: Message, service: ServiceIdentity) => T | undefined,
  ): T[] {
    return this.#channel.list(getDestinations(this.#familyId(), service), (message) =>
      decode(message, service),
    );
  }

  /** One outcome for each step, in order, `undefined` for done. A refusal does not stop the steps after it. */
  apply(steps: readonly PlanStep[]): (KernelRefusal | undefined)[] {
    const family = this.#familyId();
    const outcomes: (KernelRefusal | undefined)[] = steps.map(() => undefined);
    let open = Array.from(steps.entries());
    for (let attempt = 1; open.length > 0 && attempt <= ATTEMPTS; attempt++) {
      const answers = this.#channel.ask(open.map(([, step]) => stepRequest(family, step)));
      open = open.flatMap(([index, step], place) => {
        const answer = answers[place];
        const verdict = answer === undefined ? undefined : stepVerdict(step, answer);
        outcomes[index] = verdict?.kind === "done" ? undefined : answer?.refusal;
        return verdict?.kind === "instead" ? [[index, verdict.step]] : [];
      });
    }
    return outcomes;
  }

  close(): void {
    this.#channel.close();
  }

  /** When the module was loaded again its old number is another's, or nobody's. */
  #familyAnew(): number {
    this.#enterAnew();
    this.#family = undefined;
    return this.#familyId();
  }

  /** Our socket alone would keep a namespace that has been removed, and its name may lead to another one. */
  #enterAnew(): void {
    if (this.#namespace === undefined) return;
    const there = namespaceId(this.#namespace);
    if (there !== undefined && there === this.#entered) return;
    this.#entered = undefined;
    this.#channel.close();
    this.#lost();
    this.#channel = channelIn(this.#namespace);
    this.#entered = there;
  }

  #familyId(): number {
    this.#family ??= this.#channel.list(getFamily(IPVS_FAMILY), decodeFamily)[0];
    if (this.#family === undefined) throw new SystemError(ENOENT, "CTRL_CMD_GETFAMILY", IPVS_FAMILY);
    return this.#family;
  }
}

/** @param before what was seen of it last */
function sightOf(record: ServiceRecord, messages: readonly Message[], before: Sight | undefined): Sight {
  const imprint = imprintOf(messages);
  if (before?.imprint === imprint) return before;
  const destinations = messages.flatMap((message) => decodeDestinationState(message, record.identity) ?? []);
  return { imprint, entry: tableEntry({ service: { record }, destinations }) };
}

function channelIn(namespace: string | undefined): NetlinkChannel {
  return new NetlinkChannel({
    protocol: NETLINK_GENERIC,
    ...(namespace === undefined ? {} : { namespace }),
  });
}
