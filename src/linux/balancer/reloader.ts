/**
 * From a cluster file to two running processes: read, validate, plan, hand the elector its part, store, adopt.
 *
 * Any "no" on the way leaves everything as it was. One file at a time.
 */
import { hostname } from "node:os";
import type { TableSettings } from "../../balance/settings.ts";
import type { HostChanges } from "../../channel/message.ts";
import { acceptedFile, type RunOptions } from "../../channel/options.ts";
import { describeChange, planChange } from "../../config/change.ts";
import { findDirector } from "../../config/director.ts";
import { type Cluster, loadCluster } from "../../config/load.ts";
import { renderIssues } from "../../config/render.ts";
import { sameText } from "../../config/same-text.ts";
import { type DirectorSettings, settingsFor } from "../../config/settings.ts";
import { describeWireBreak, wireBreak } from "../../config/wire-breaking.ts";
import type { ReloadOutcome, ReloadWish } from "../../control/target.ts";
import { armKey } from "../../vrrp/node.ts";
import type { RouterSettings, VirtualAddress } from "../../vrrp/settings.ts";
import { NO_STEERING, type Steering, without } from "../../vrrp/steering.ts";
import type { VirtualLink } from "../../vrrp/virtual-link.ts";
import { refusalIn, refusalOf } from "../refusal.ts";
import type { ClusterText } from "../state/cluster-files.ts";
import type { Journal } from "../state/journal.ts";
import { readIfThere } from "../state/state-files.ts";
import { planSysctls } from "../sysctls.ts";
import { readSecret } from "./keys.ts";

type HostAddress = Pick<VirtualAddress, "interface" | "address">;

/** What the pipeline needs of the process around it. */
interface ReloadSteps {
  /** Something that may take long begins. */
  busy(): void;
  /** All that this host has now. */
  hostAddresses(): readonly HostAddress[];
  /** Before the first service: why there is no IPVS to write to. */
  openTable(table: TableSettings): string | undefined;
  /** What these settings have no more is taken away before the elector may put the same there. */
  makeRoom(settings: DirectorSettings): void;
  handToElector(routers: readonly RouterSettings[], host: HostChanges): Promise<boolean>;
  /** Names of all interfaces that this host has now. */
  hostLinks(): readonly string[];
  /** Both processes run it now. */
  accepted(text: string, settings: DirectorSettings): void;
}

/** A good file, and who of it this host is. */
interface Candidate {
  readonly text: string;
  readonly cluster: Cluster;
  readonly settings: DirectorSettings;
}

export class Reloader {
  readonly #options: RunOptions;
  readonly #journal: Journal;
  readonly #steps: ReloadSteps;
  #running: Promise<unknown> = Promise.resolve();
  #current: Candidate | undefined;

  constructor(options: RunOptions, journal: Journal, steps: ReloadSteps) {
    this.#options = options;
    this.#journal = journal;
    this.#steps = steps;
  }

  get current(): DirectorSettings | undefined {
    return this.#current?.settings;
  }

  apply(source: ClusterText, wish: ReloadWish): Promise<ReloadOutcome> {
    const result = this.#running.then(() => this.#apply(source, wish)).catch(refusedBySystem);
    this.#running = result.catch(() => {});
    return result;
  }

  async #apply(source: ClusterText, wish: ReloadWish): Promise<ReloadOutcome> {
    if (source.kind === "unreadable") return { kind: "bad-file", issues: [source.reason] };
    const { text, file } = source;
    this.#steps.busy();
    const loaded = this.#known(text, file) ?? loadCluster(text, file, readSecret);
    if (loaded.kind === "bad") return { kind: "bad-file", issues: renderIssues(loaded.issues, text) };
    this.#steps.busy();
    const { node } = this.#options;
    const addresses = this.#steps.hostAddresses().map(({ address }) => address);
    const host = { hostName: hostname(), addresses, ...(node === undefined ? {} : { node }) };
    const found = findDirector(loaded.cluster, host);
    if (found.kind === "unknown") return { kind: "bad-file", issues: renderIssues([found.issue], text) };
    const { cluster } = loaded;
    const candidate = { text, cluster, settings: this.#settingsFor(cluster, found.director) };
    return this.#divides(candidate, wish) ?? this.#adopt(candidate);
  }

  /** The cluster in force, where the file still says the same. Keys that stand outside of it may be others now. */
  #known(text: string, file: string): (Pick<Candidate, "cluster"> & { readonly kind: "ok" }) | undefined {
    if (this.#current === undefined) return undefined;
    const { cluster } = this.#current;
    const isSigned = Object.values(cluster.routers).some(
      ({ authentication }) => authentication !== undefined,
    );
    if (isSigned || file !== cluster.file || !sameText(this.#current.text, text)) return undefined;
    return { kind: "ok", cluster };
  }

  #settingsFor(cluster: Cluster, director: string): DirectorSettings {
    const current = this.#current;
    if (cluster === current?.cluster && director === current.settings.director) return current.settings;
    return settingsFor(cluster, director, current);
  }

  /** At the start nobody here runs another file, and nothing is refused for the neighbours' sake. */
  #divides({ cluster, settings }: Candidate, { wireBreaking }: ReloadWish): ReloadOutcome | undefined {
    if (this.#current === undefined || wireBreaking) return undefined;
    const found = wireBreak(this.#current.cluster, cluster, settings.director);
    if (found === undefined) return undefined;
    return { kind: "refused", reason: describeWireBreak(found).join("\n  ") };
  }

  /** Routes and rules that the last run's file had: the kernel keeps what a crash left behind. */
  #leftovers({ text, settings }: Candidate): Steering {
    const accepted = readIfThere(acceptedFile(this.#options.stateDir));
    if (accepted === undefined || sameText(accepted, text)) return NO_STEERING;
    const loaded = loadCluster(accepted, "");
    if (loaded.kind === "bad" || loaded.cluster.directors[settings.director] === undefined)
      return NO_STEERING;
    return without(steeringOfAll(settingsFor(loaded.cluster, settings.director)), steeringOfAll(settings));
  }

  async #adopt(candidate: Candidate): Promise<ReloadOutcome> {
    const { text, settings } = candidate;
    const before = this.#current;
    const changes = planChange(before?.settings, settings).map(describeChange);
    // Who only observes puts no address anywhere: whatever is there is somebody else's.
    const active = settings.routers.filter(({ mode }) => mode === "active");
    const wanted = active.flatMap((router) => router.addresses).map(armKey);
    const links = settings.routers.flatMap(({ virtualLinks }) => virtualLinks);
    const foreignLinks = this.#foreignLinks(links);
    const foreign = [...this.#foreign(wanted), ...foreignLinks];
    if (before !== undefined && foreign.length > 0) {
      const list = foreign.join(", ");
      return {
        kind: "refused",
        reason: `on this host already, and not put there by Keelson: ${list}. Remove them, or take them out of the file`,
      };
    }
    if (settings.services.length > 0) {
      const reason = this.#steps.openTable(settings.table);
      if (reason !== undefined) return { kind: "refused", reason };
    }
    const ours = wanted.filter((key) => !foreign.includes(key));
    const known = [...this.#journal.addresses];
    const leftovers = before === undefined ? this.#leftovers(candidate) : NO_STEERING;
    // Written before anything is created: after a crash at any point a later run knows what is ours.
    this.#journal.setAddresses([...known, ...ours]);
    const host = { journal: known, leftovers, ...this.#noteHost(links, foreignLinks) };
    this.#steps.makeRoom(settings);
    if (!(await this.#steps.handToElector(settings.routers, host))) {
      return { kind: "refused", reason: "the elector did not take the settings over in time" };
    }
    this.#current = candidate;
    // At the start the elector has removed what no router wants; later, routers may still be handing over.
    // A journal that cannot be shortened says too much, which does no harm.
    if (before === undefined) {
      refusalOf(() => {
        this.#journal.setAddresses(ours);
        this.#journal.setHost(names(links, foreignLinks), host.wanted);
      });
    }
    this.#steps.busy();
    this.#steps.accepted(text, settings);
    return { kind: "accepted", changes };
  }

  /** As addresses: written down first. */
  #noteHost(
    links: readonly VirtualLink[],
    foreign: readonly string[],
  ): Pick<HostChanges, "links" | "left" | "wanted"> {
    const { links: known, sysctls: left } = this.#journal;
    const wanted = planSysctls(links, left);
    const paths = new Set(wanted.map(({ path }) => path));
    this.#journal.setHost(
      [...known, ...names(links, foreign)],
      [...left.filter(({ path }) => !paths.has(path)), ...wanted],
    );
    return { links: known, left, wanted };
  }

  #foreignLinks(links: readonly VirtualLink[]): string[] {
    const present = new Set(links.length > 0 ? this.#steps.hostLinks() : []);
    return links
      .map(({ name }) => name)
      .filter((name) => present.has(name) && !this.#journal.links.includes(name));
  }

  /** One whose name was somebody else's when the file was adopted. */
  noteLink(name: string): void {
    refusalOf(() => this.#journal.setHost([...this.#journal.links, name], this.#journal.sysctls));
  }

  /** An orderly end: the elector has put everything back. */
  forgetHost(): void {
    if (this.#current !== undefined) refusalOf(() => this.#journal.setHost([], []));
  }

  #foreign(wanted: readonly string[]): string[] {
    const strange = this.#steps.hostAddresses().filter((arm) => !this.#journal.owns(arm));
    const present = new Set(strange.map(armKey));
    return wanted.filter((key) => present.has(key));
  }
}

function names(links: readonly VirtualLink[], foreign: readonly string[]): string[] {
  return links.map(({ name }) => name).filter((name) => !foreign.includes(name));
}

/** A full disk, or a kernel that will not say what it has, stops a reload and nothing else. */
function refusedBySystem(error: unknown): ReloadOutcome {
  const refusal = refusalIn(error);
  if (refusal === undefined) throw error;
  return { kind: "refused", reason: `${refusal.call}: ${refusal.text}` };
}

/** What an observer would do is nobody's: it does not. */
function steeringOfAll({ routers }: DirectorSettings): Steering {
  const active = routers.filter(({ mode }) => mode === "active");
  return {
    routes: active.flatMap(({ steering }) => steering.routes),
    rules: active.flatMap(({ steering }) => steering.rules),
  };
}
