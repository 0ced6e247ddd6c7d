/**
 * Keeps the kernel's sync daemons as the cluster file wants them: looks, plans, starts and stops, and looks again. They tell
 * nobody when they end, or when somebody else starts one.
 */
import type { SyncReport } from "../../control/target.ts";
import type { SyncDaemon } from "../../ipvs/sync-daemon.ts";
import {
  daemonText,
  describeSyncStep,
  type OwnDaemon,
  type SyncStep,
  strangeDaemons,
  syncPlan,
} from "../../ipvs/sync-plan.ts";
import { type SyncSettings, wantedDaemons } from "../../ipvs/sync-settings.ts";
import type { EventOf, KeelsonEvent } from "../../log/event.ts";
import { EEXIST, EINVAL } from "../../netlink/errno.ts";
import type { KernelRefusal } from "../../netlink/refusal.ts";
import type { IpvsClient } from "../netlink/ipvs-client.ts";
import { refusalOf } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";
import { News } from "./news.ts";

const AUDIT_MS = 10_000;

type Cause = EventOf["sync-changed"]["cause"];
type Client = Pick<IpvsClient, "daemons" | "startDaemon" | "stopDaemon" | "close">;

/** What of the host the keeper works on. */
interface Host {
  connect(): Client;
  /** `undefined` when there is no such interface. */
  interfaceIndex(name: string): number | undefined;
}

type Book = Pick<Journal, "daemons" | "setDaemons">;

export class SyncKeeper {
  readonly #journal: Book;
  readonly #tell: (event: KeelsonEvent) => void;
  readonly #host: Host;
  #client: Client | undefined;
  #settings: SyncSettings | undefined;
  #observing = false;
  /** The routers that this director is master of; `undefined` until the elector has said it. */
  #masters: ReadonlySet<string> | undefined;
  #cause: Cause = "configured";
  readonly #running = new News();
  readonly #strangers = new News();
  readonly #refusals = new News();
  /** What an observer would do. */
  #pending: readonly string[] = [];
  #later: NodeJS.Timeout | undefined;

  constructor(journal: Book, tell: (event: KeelsonEvent) => void, host: Host) {
    this.#journal = journal;
    this.#tell = tell;
    this.#host = host;
  }

  get report(): SyncReport | undefined {
    if (!this.#isConcerned) return undefined;
    const { router } = this.#settings ?? {};
    return {
      ...(router === undefined ? {} : { router }),
      daemons: this.#running.lines,
      strangers: this.#strangers.lines,
      refused: this.#refusals.lines,
      pending: this.#pending,
    };
  }

  /** @param settings absent: none are wanted */
  configure(settings: SyncSettings | undefined, observing: boolean): void {
    this.#settings = settings;
    this.#observing = observing;
    this.#cause = "configured";
    this.look();
  }

  serving(masters: ReadonlySet<string>): void {
    const before = this.#masters;
    this.#masters = masters;
    const { router } = this.#settings ?? {};
    if (router === undefined || before?.has(router) === masters.has(router)) return;
    this.#cause = before === undefined ? this.#cause : "role";
    this.look();
  }

  /** An orderly end. */
  stop(): void {
    if (this.#observing) return;
    this.#settings = undefined;
    this.#cause = "stopping";
    this.look();
  }

  /** They go on as they are. */
  close(): void {
    clearTimeout(this.#later);
    this.#disconnect();
  }

  get #isConcerned(): boolean {
    return this.#settings !== undefined || this.#journal.daemons.length > 0;
  }

  /** Looks whether all is as it should be; does so by itself again and again. */
  look(): void {
    clearTimeout(this.#later);
    if (!this.#isConcerned) return;
    let refused: readonly Refused[] = [];
    const failed = refusalOf(() => {
      refused = this.#keep();
    });
    if (failed !== undefined) {
      this.#disconnect();
      refused = [{ what: "the sync daemons", refusal: failed }];
    }
    const lines = refused.map(({ what, refusal }) => `${what}: ${refusal.text}`);
    if (this.#refusals.are(lines)) for (const one of refused) this.#tell({ kind: "table-refused", ...one });
    this.#later = setTimeout(() => this.look(), AUDIT_MS);
  }

  /** What was refused. Throws SystemError, or the file system's error. */
  #keep(): readonly Refused[] {
    this.#client ??= this.#host.connect();
    // Asking may find another namespace of the same name, of which the journal knows nothing.
    const running = this.#client.daemons();
    const owned = this.#journal.daemons;
    const strange = strangeDaemons(running, owned);
    if (this.#strangers.are(strange)) this.#tell({ kind: "sync-strangers", daemons: strange });
    const wanted = wantedDaemons(this.#settings, this.#masters)?.map((one) => this.#placed(one, owned));
    const steps = wanted === undefined ? [] : syncPlan(wanted, running, owned);
    this.#pending = this.#observing ? steps.map(describeSyncStep) : [];
    const refused =
      this.#observing || steps.length === 0 ? [] : this.#perform(this.#client, steps, wanted ?? []);
    if (wanted !== undefined && refused.length === 0) this.#cause = "drift";
    const left = this.#client.daemons();
    const strangers = strangeDaemons(left, this.#journal.daemons);
    this.#running.are(left.map(daemonText).filter((text) => !strangers.includes(text)));
    return refused;
  }

  #perform(client: Client, steps: readonly SyncStep[], wanted: readonly OwnDaemon[]): readonly Refused[] {
    const owned = this.#journal.daemons;
    const starting = wanted.filter(({ role }) => {
      return steps.some(({ kind, daemon }) => kind === "start-daemon" && daemon.role === role);
    });
    // Written before any is started: after a crash at any point a later run knows what is ours.
    this.#journal.setDaemons([...owned, ...starting]);
    const refused: (Refused & { readonly step: SyncStep })[] = [];
    const changes: string[] = [];
    for (const step of steps) {
      const refusal =
        step.kind === "start-daemon" ? client.startDaemon(step.daemon) : client.stopDaemon(step.daemon.role);
      if (refusal === undefined) changes.push(describeSyncStep(step));
      else refused.push({ step, what: describeSyncStep(step), refusal, ...meaningOf(refusal) });
    }
    const failed = (kind: SyncStep["kind"], { role }: OwnDaemon) => {
      return refused.some(({ step }) => step.kind === kind && step.daemon.role === role);
    };
    const stopping = steps.filter(({ kind }) => kind === "stop-daemon").map(({ daemon }) => daemon.role);
    const kept = owned.filter((one) => {
      const isReplaced = starting.some(({ role }) => role === one.role) || stopping.includes(one.role);
      return !isReplaced || failed("stop-daemon", one);
    });
    this.#journal.setDaemons([...kept, ...starting.filter((one) => !failed("start-daemon", one))]);
    if (changes.length > 0) this.#tell({ kind: "sync-changed", changes, cause: this.#cause });
    return refused.map(({ step: _, ...rest }) => rest);
  }

  /** On an interface that is not there what runs is left as it is. */
  #placed(daemon: SyncDaemon, owned: readonly OwnDaemon[]): OwnDaemon {
    const { interface: name } = daemon;
    const index =
      this.#host.interfaceIndex(name) ?? owned.find((one) => one.interface === name)?.interfaceIndex;
    return { ...daemon, interfaceIndex: index ?? 0 };
  }

  #disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

interface Refused {
  readonly what: string;
  readonly refusal: KernelRefusal;
  readonly meaning?: string;
}

/** Where the kernel's own text says too little. */
function meaningOf({ errno }: KernelRefusal): { readonly meaning?: string } {
  if (errno === EINVAL)
    return { meaning: "the kernel syncs nothing while a service has servers of another family (tunnels)" };
  return errno === EEXIST ? { meaning: "somebody else has just started one" } : {};
}
