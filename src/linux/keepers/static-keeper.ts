/**
 * Keeps the static addresses, routes and rules of the cluster file, whoever is master.
 *
 * What is ours is in the journal before it is there, so that a later run can take it away. Routes and rules carry our
 * protocol number besides; an address that was there before us is left alone. Links come and go, and take with them
 * what leads over them: all is looked for now and then.
 */
import { type StaticItem, staticText } from "../../config/static.ts";
import type { StaticStatus } from "../../control/target.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { addAddress, deleteAddress } from "../../netlink/address.ts";
import { EADDRNOTAVAIL, EEXIST, ENODEV, ENOENT, ESRCH, errorCode, errorText } from "../../netlink/errno.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import type { VirtualAddress } from "../../vrrp/settings.ts";
import type { RouteClient } from "../netlink/route-client.ts";
import { type Requests, requestsFor } from "../netlink/steering.ts";
import { noDevice, refusalOf } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";

const AUDIT_MS = 5_000;
/** Of a deletion: it is gone already. */
const GONE: ReadonlySet<number> = new Set([ESRCH, ENOENT, ENODEV, EADDRNOTAVAIL]);
const EVERYTHING = "addresses, routes and rules";
const NO_DEVICE = noDevice("RTM_GETLINK");
const TAKEN: KernelRefusal = {
  call: "RTM_NEWADDR",
  errno: EEXIST,
  code: errorCode(EEXIST),
  text: errorText(EEXIST),
};

type Tell = (event: KeelsonEvent) => void;
type KeptJournal = Pick<Journal, "statics" | "setStatics">;
type Host = Pick<RouteClient, "ask" | "links" | "addresses">;
/** By the names of interfaces. */
type Indexes = ReadonlyMap<string, number>;
/** What an item is called, and the item. */
type Named = readonly [text: string, item: StaticItem];

export class StaticKeeper {
  readonly #journal: KeptJournal;
  readonly #tell: Tell;
  readonly #host: Host;
  #wanted: readonly Named[] = [];
  /** What is ours as far as we know, by what it is called. */
  readonly #ours: Set<string>;
  /** What was told last of those that are not as they should be. */
  readonly #told = new Map<string, KernelRefusal>();
  /** To be told with what comes in their place. */
  #madeRoom: readonly string[] = [];
  #later: NodeJS.Timeout | undefined;

  constructor(journal: KeptJournal, tell: Tell, host: Host) {
    this.#journal = journal;
    this.#tell = tell;
    this.#host = host;
    this.#ours = new Set(journal.statics.map(staticText));
  }

  /** In the order in which they are to be made. */
  configure(items: readonly StaticItem[]): void {
    this.#wanted = items.map(named);
    this.#told.clear();
    this.#look();
  }

  /**
   * Takes away what is not among these, which are configured next: what is static in one file may float in the next, and
   * has to be gone before. When they are not configured after all, it is put back.
   */
  makeRoom(items: readonly StaticItem[]): void {
    if (this.#journal.statics.length === 0) return;
    const stay = new Set(items.map(staticText));
    const refusal = refusalOf(() => {
      const { texts, left } = this.#takeAway(stay, this.#indexes());
      this.#madeRoom = [...this.#madeRoom, ...texts];
      const staying = this.#journal.statics.map(named).filter(([text]) => stay.has(text));
      // What floats there next is not ours to take away.
      this.#journal.setStatics([...left, ...staying].map(([, item]) => item));
    });
    this.#note(EVERYTHING, refusal);
  }

  /** Nothing of it stays. */
  remove(): void {
    this.configure([]);
    clearTimeout(this.#later);
  }

  /** What is there stays: this process ends, or has nobody to work for. */
  close(): void {
    clearTimeout(this.#later);
  }

  /** Each, and why it is not there. */
  snapshot(): StaticStatus[] {
    return this.#wanted.map(([text]) => {
      const refusal = this.#told.get(text) ?? this.#told.get(EVERYTHING);
      return { text, ...(refusal === undefined ? {} : { problem: `${refusal.text} (${refusal.code})` }) };
    });
  }

  #look(): void {
    clearTimeout(this.#later);
    if (this.#wanted.length === 0 && this.#journal.statics.length === 0) return;
    this.#note(
      EVERYTHING,
      refusalOf(() => this.#settle()),
    );
    this.#later = setTimeout(() => this.#look(), AUDIT_MS);
  }

  /** Throws what the kernel and the journal throw. */
  #settle(): void {
    const indexes = this.#indexes();
    const { texts, left } = this.#takeAway(new Set(this.#wanted.map(([text]) => text)), indexes);
    const removed = [...this.#madeRoom, ...texts];
    this.#madeRoom = [];
    const present = this.#present(indexes);
    for (const [text, isOurs] of present) this.#note(text, isOurs ? undefined : TAKEN);
    const kept = this.#wanted.filter(([text]) => present.get(text) !== false);
    // Written down before it is there.
    this.#journal.setStatics([...left, ...kept].map(([, item]) => item));
    const { added, restored } = this.#add(
      this.#wanted.filter(([text]) => !present.has(text)),
      indexes,
    );
    // Routes go with the addresses that they need: when we took one away, it was us.
    const isOurDoing = removed.length > 0;
    const changes = [...removed.map((text) => `${text} removed`), ...added.map((text) => `${text} added`)];
    if (isOurDoing) changes.push(...restored.map((text) => `${text} put back`));
    if (changes.length > 0) this.#tell({ kind: "static-changed", changes });
    if (!isOurDoing && restored.length > 0) this.#tell({ kind: "static-drift", changes: restored });
  }

  #indexes(): Indexes {
    return new Map(this.#host.links().map(({ name, index }) => [name, index]));
  }

  /** All but these; the last ones first. `left`: those that the kernel did not let go. */
  #takeAway(stay: ReadonlySet<string>, indexes: Indexes) {
    const leaving = this.#journal.statics.map(named).filter(([text]) => !stay.has(text));
    const texts: string[] = [];
    const left: Named[] = [];
    for (const { one, refusal } of this.#ask("delete", leaving.toReversed(), indexes)) {
      const [text] = one;
      const isLeft = refusal !== undefined && !GONE.has(refusal.errno);
      if (isLeft) left.unshift(one);
      else this.#ours.delete(text);
      if (refusal === undefined) texts.push(text);
      this.#note(text, isLeft ? refusal : undefined);
    }
    return { texts, left };
  }

  /** The wanted addresses that are there, with any prefix length, and whether it is us who put them there. */
  #present(indexes: Indexes): ReadonlyMap<string, boolean> {
    const addresses = this.#wanted.flatMap(([text, item]) =>
      item.kind === "address" ? [{ text, ...item }] : [],
    );
    if (addresses.length === 0) return new Map();
    const found = this.#host.addresses();
    return new Map(
      addresses.flatMap(({ text, address: wanted }): [string, boolean][] => {
        const same = found.filter((one) => {
          return one.interfaceIndex === indexes.get(wanted.interface) && one.address === wanted.address;
        });
        const isOurs = this.#ours.has(text) && same.some((one) => one.prefixLength === wanted.prefixLength);
        return same.length === 0 ? [] : [[text, isOurs]];
      }),
    );
  }

  /** Routes and rules that are there are refused as such: that is how the kernel is asked for them. */
  #add(items: readonly Named[], indexes: Indexes) {
    const [added, restored]: [string[], string[]] = [[], []];
    for (const { one, refusal } of this.#ask("add", items, indexes)) {
      const [text] = one;
      const wasOurs = this.#ours.has(text);
      const isThere = wasOurs && refusal?.errno === EEXIST;
      this.#note(text, isThere ? undefined : refusal);
      if (refusal !== undefined) continue;
      (wasOurs ? restored : added).push(text);
      this.#ours.add(text);
    }
    return { added, restored };
  }

  #ask(deed: keyof Requests, items: readonly Named[], indexes: Indexes): readonly Outcome[] {
    const askable = items.flatMap((one) => {
      const requests = requestsOf(one[1], indexes);
      return requests === undefined ? [] : [{ one, request: requests[deed] }];
    });
    const refusals = this.#host.ask(askable.map(({ request }) => request));
    const answers = new Map(askable.map(({ one }, index) => [one, refusals[index]]));
    return items.map((one) => ({ one, refusal: answers.has(one) ? answers.get(one) : NO_DEVICE }));
  }

  /** Told once, until it is there. */
  #note(what: string, refusal: KernelRefusal | undefined): void {
    if (refusal === undefined) this.#told.delete(what);
    if (refusal === undefined || this.#told.get(what)?.code === refusal.code) return;
    this.#told.set(what, refusal);
    this.#tell({ kind: "static-refused", what, refusal });
  }
}

interface Outcome {
  readonly one: Named;
  readonly refusal: KernelRefusal | undefined;
}

function named(item: StaticItem): Named {
  return [staticText(item), item];
}

/** Nothing when it is of an interface that does not exist. */
function requestsOf(item: StaticItem, indexes: Indexes): Requests | undefined {
  if (item.kind === "address") return addressRequests(item.address, indexes);
  const steering =
    item.kind === "route" ? { routes: [item.route], rules: [] } : { routes: [], rules: [item.rule] };
  return requestsFor(steering, (name) => indexes.get(name)).requests[0];
}

function addressRequests(address: VirtualAddress, indexes: Indexes): Requests | undefined {
  const interfaceIndex = indexes.get(address.interface);
  if (interfaceIndex === undefined) return undefined;
  const onLink = { ...address, interfaceIndex };
  return { add: addAddress(onLink), delete: deleteAddress(onLink) };
}
