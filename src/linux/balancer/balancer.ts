/** The balancer as a process: cluster file, services, log, control socket, and the elector's last will. */
import { randomInt } from "node:crypto";
import { ElectorView } from "../../channel/elector-view.ts";
import { SettingsHandOver } from "../../channel/hand-settings.ts";
import type { ElectorSnapshot, ToBalancer, ToElector } from "../../channel/message.ts";
import { CHANNEL_VERSION } from "../../channel/message.ts";
import { type BalancerOptions, controlSocket, scriptsFile } from "../../channel/options.ts";
import { installedVersion } from "../../channel/version.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import { EventRing } from "../../control/event-ring.ts";
import { ControlServer } from "../../control/server.ts";
import type {
  ControlTarget,
  HandOverOutcome,
  OverrideOutcome,
  OverrideWish,
  ReloadOutcome,
  ReloadWish,
  Status,
} from "../../control/target.ts";
import { ScriptBook } from "../../delivery/script-book.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import type { Log } from "../../log/log.ts";
import { unreachable } from "../../net/bug.ts";
import type { IpAddress } from "../../net/ip.ts";
import { type Duration, micros } from "../../net/time.ts";
import { now } from "../clock.ts";
import { Firewall } from "../keepers/firewall.ts";
import { StaticKeeper } from "../keepers/static-keeper.ts";
import { WillKeeper } from "../keepers/will-keeper.ts";
import { Interfaces } from "../netlink/interfaces.ts";
import { RouteClient } from "../netlink/route-client.ts";
import { ClusterFiles, type ClusterText } from "../state/cluster-files.ts";
import { Journal } from "../state/journal.ts";
import { RecordingFile } from "../state/recording-file.ts";
import { Standby } from "../state/standby.ts";
import { TrackWatchers } from "../watchers/track-watchers.ts";
import { BalanceLoop } from "./balance-loop.ts";
import { HandOvers, mastersIn } from "./hand-overs.ts";
import { IpvsKeepers, isTableOurs } from "./ipvs-keepers.ts";
import { Notifications } from "./notifications.ts";
import { Overrides } from "./overrides.ts";
import { PlannedMove } from "./planned-move.ts";
import { Reloader } from "./reloader.ts";

const EXIT_REFUSED = 1;
const EXIT_BAD_FILE = 2;
/** After the elector's death: as long as addresses can live without it, and a little more. */
const ORPHAN_LIMIT_MS = 75_000;
const ORPHAN_LOOK_MS = 50;
/** In [0, 1), for the places of checks in their rounds. */
const RANDOM_STEPS = 1_000_000;

const PLAINLY: ReloadWish = { wireBreaking: false };

/** Floating addresses that this director is not master of. */
function elsewhere({ routers }: ElectorSnapshot): ReadonlySet<IpAddress> {
  const others = routers.filter(({ state, mode }) => state !== "Master" || mode !== "active");
  return new Set(others.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
}

function beforeMove(settings: DirectorSettings | undefined): Duration | undefined {
  return settings !== undefined && isTableOurs(settings) ? settings.table.sync?.beforeMove : undefined;
}

/** No longer than a stop may take anyway. */
function leadOf(settings: DirectorSettings): Duration {
  const limits = settings.routers.map(({ stopTimeout }) => stopTimeout);
  return micros(Math.min(beforeMove(settings) ?? 0, ...limits));
}

interface ElectorEnd {
  send(message: ToElector): void;
  /** The descriptor that hangs up when the elector dies. */
  readonly hangUp: number;
}

export class Balancer implements ControlTarget {
  readonly #options: BalancerOptions;
  readonly #log: Log;
  readonly #elector: ElectorEnd;
  readonly #files: ClusterFiles;
  readonly #standby: Standby;
  readonly #route = new RouteClient();
  readonly #ring = new EventRing();
  readonly #handOver: SettingsHandOver;
  readonly #ipvs: IpvsKeepers;
  readonly #moves = new PlannedMove((on) => this.#syncEveryPacket(on));
  readonly #handOvers: HandOvers;
  readonly #firewall: Firewall;
  readonly #statics: StaticKeeper;
  readonly #loop: BalanceLoop;
  readonly #overrides: Overrides;
  readonly #reloader: Reloader;
  readonly #will: WillKeeper;
  readonly #control: ControlServer;
  readonly #view: ElectorView;
  readonly #notifications: Notifications;
  readonly #watchers: TrackWatchers;
  readonly #recording: RecordingFile | undefined;
  #file: string;

  constructor(options: BalancerOptions, log: Log, elector: ElectorEnd) {
    this.#options = options;
    this.#log = log;
    this.#elector = elector;
    this.#file = options.config;
    this.#files = new ClusterFiles(options.config, options.stateDir);
    this.#standby = new Standby(options.stateDir);
    const journal = new Journal(options.stateDir);
    this.#view = new ElectorView(now, () => elector.send({ kind: "describe" }));
    this.#will = new WillKeeper(elector.hangUp, {
      interfaces: () => this.#interfaces(),
      refused: (router, refusal) =>
        this.#tell({ kind: "refused", router, action: "will", refusal }, Date.now()),
    });
    this.#handOver = new SettingsHandOver((message) => elector.send(message));
    const tell = (event: KeelsonEvent) => this.#tell(event, Date.now());
    const busy = () => elector.send({ kind: "busy" });
    this.#ipvs = new IpvsKeepers(journal, tell, busy);
    this.#handOvers = new HandOvers(this.#standby, this.#moves, {
      send: (message) => elector.send(message),
      elector: () => this.#view.fresh(),
      settings: () => this.#reloader.current,
      lead: () => beforeMove(this.#reloader.current),
    });
    this.#firewall = new Firewall(journal, tell);
    this.#statics = new StaticKeeper(journal, tell, this.#route);
    const book = new ScriptBook(scriptsFile(options.runDir));
    this.#notifications = new Notifications(book, tell, {
      routers: () => this.#view.last?.routers ?? [],
      services: () => this.#loop,
    });
    this.#watchers = new TrackWatchers(book, {
      report: (report) => elector.send({ kind: "track", ...report }),
      healthOf: (service) => this.#loop.healthOf(service),
    });
    const { record: file } = options;
    if (file !== undefined)
      this.#recording = new RecordingFile(file, (reason) =>
        tell({ kind: "recording-stopped", file, reason }),
      );
    this.#loop = new BalanceLoop(this.#ipvs.table, book, {
      event: (event) => {
        tell(event);
        this.#watchers.healthChanged();
      },
      ready: () => this.#ready(),
    });
    this.#overrides = new Overrides(options.stateDir, this.#loop, tell);
    this.#reloader = new Reloader(options, journal, {
      busy,
      hostAddresses: () => this.#interfaces().list(),
      openTable: (table) => this.#ipvs.open(table),
      makeRoom: (settings) => this.#statics.makeRoom(settings.statics),
      handToElector: (...settings) => this.#handOver.hand(...settings),
      hostLinks: () => this.#route.links().map(({ name }) => name),
      accepted: (text, settings) => this.#adopt(text, settings),
    });
    this.#control = new ControlServer(controlSocket(options.runDir), this);
  }

  async start(): Promise<void> {
    this.#elector.send({ kind: "hello", version: CHANNEL_VERSION, pid: process.pid });
    if (this.#standby.on) this.#elector.send({ kind: "standby", on: true });
    if (!(await this.#adoptFirstFile())) return;
    await this.#control.listen();
  }

  receive(message: ToBalancer): void {
    switch (message.kind) {
      case "event":
        return this.#tell(message.event, message.at);
      case "snapshot":
        this.#view.received(message.snapshot);
        this.#loop.serving(elsewhere(message.snapshot));
        this.#ipvs.serving(mastersIn(message.snapshot));
        return this.#notifications.snapshot(message.snapshot);
      case "will":
        return this.#will.update(message.router, message.will);
      case "record":
        void this.#recording?.write(message.text).then(() => this.#elector.send({ kind: "recorded" }));
        return;
      case "committed":
        return this.#handOver.committed(message);
      case "reload":
        // A signal can ask for nothing more.
        void this.reload(PLAINLY).finally(() => this.#elector.send({ kind: "reloaded" }));
        return;
      case "stopping":
        return this.#prepareToStop();
      case "ping":
        return this.#elector.send({ kind: "pong", count: message.count });
      case "link-made":
        return this.#reloader.noteLink(message.name);
      case "bye":
        this.#will.revoke();
        this.#moves.close();
        this.#loop.stop();
        this.#ipvs.stop();
        this.#reloader.forgetHost();
        this.#firewall.remove();
        this.#statics.remove();
        return void this.#exit();
      default:
        unreachable(message);
    }
  }

  /** The channel ended without a goodbye: the will is being executed, and all that is left to do is to wait for it. */
  orphaned(): void {
    this.#moves.close();
    this.#loop.close();
    this.#ipvs.close();
    this.#firewall.close();
    this.#statics.close();
    this.#notifications.close();
    this.#watchers.close();
    this.#control.close();
    const deadline = Date.now() + ORPHAN_LIMIT_MS;
    setInterval(() => {
      if (this.#will.state === "done" || Date.now() > deadline) void this.#exit();
    }, ORPHAN_LOOK_MS);
  }

  async status(): Promise<Status> {
    const elector = await this.#view.fresh();
    return {
      version: installedVersion(),
      pid: process.pid,
      node: this.#reloader.current?.director ?? "",
      file: this.#file,
      at: Date.now(),
      now: now(),
      elector,
      services: this.#loop.snapshot(),
      table: this.#ipvs.report,
      statics: this.#statics.snapshot(),
      marks: this.#ipvs.marks,
    };
  }

  async reload(wish: ReloadWish): Promise<ReloadOutcome> {
    return await this.#adoptFile(this.#files.configured(), wish);
  }

  drill(): Promise<HandOverOutcome> {
    return this.#handOvers.drill();
  }

  stepDown(): Promise<HandOverOutcome> {
    return this.#handOvers.stepDown();
  }

  setStandby(on: boolean): Promise<HandOverOutcome> {
    return this.#handOvers.setStandby(on);
  }

  async override(wish: OverrideWish): Promise<OverrideOutcome> {
    return this.#overrides.apply(wish);
  }

  /** What operators have asked for and not got yet is part of it. */
  #prepareToStop(): void {
    const settings = this.#reloader.current;
    if (settings !== undefined) this.#moves.begin(leadOf(settings), () => {});
  }

  #syncEveryPacket(on: boolean): void {
    const { table } = this.#reloader.current ?? {};
    if (table !== undefined) this.#ipvs.syncEveryPacket(on, table);
  }

  events() {
    return this.#ring.all();
  }

  /** The file on disk, or when it is bad, or after a crash of ours, the accepted one. */
  async #adoptFirstFile(): Promise<boolean> {
    const accepted = this.#files.accepted();
    const first = (this.#options.accepted ? accepted : undefined) ?? this.#files.configured();
    const outcome = await this.#adoptFile(first);
    if (outcome.kind === "accepted") return true;
    const fallBack = outcome.kind === "bad-file" && !this.#options.strict && accepted !== undefined;
    if (fallBack && accepted !== first) {
      this.#tell(
        { kind: "accepted-file-used", file: accepted.file, reason: `${first.file} is bad` },
        Date.now(),
      );
      if ((await this.#adoptFile(accepted)).kind === "accepted") return true;
    }
    await this.#log.close();
    this.#elector.send({
      kind: "fatal",
      exitCode: outcome.kind === "bad-file" ? EXIT_BAD_FILE : EXIT_REFUSED,
    });
    return false;
  }

  async #adoptFile(source: ClusterText, wish = PLAINLY): Promise<ReloadOutcome> {
    const outcome = await this.#reloader.apply(source, wish);
    this.#tellOutcome(source.file, outcome);
    if (outcome.kind === "accepted") this.#file = source.file;
    return outcome;
  }

  #adopt(text: string, settings: DirectorSettings): void {
    const { services } = settings;
    this.#ipvs.configure(settings);
    const overrides = this.#overrides.under(services);
    this.#loop.configure(services, overrides, randomInt(RANDOM_STEPS) / RANDOM_STEPS);
    this.#firewall.configure(settings.routers);
    this.#statics.configure(settings.statics);
    this.#notifications.configure(settings);
    this.#watchers.configure(settings.watches);
    this.#elector.send({ kind: "lead", lead: leadOf(settings) });
    this.#files.accept(text);
  }

  #tellOutcome(file: string, outcome: ReloadOutcome): void {
    const at = Date.now();
    switch (outcome.kind) {
      case "accepted":
        return this.#tell({ kind: "file-accepted", file, changes: outcome.changes }, at);
      case "bad-file":
        return this.#tell({ kind: "file-refused", file, issues: outcome.issues }, at);
      case "refused":
        return this.#tell({ kind: "file-refused", file, issues: [outcome.reason] }, at);
      default:
        unreachable(outcome);
    }
  }

  #ready(): void {
    this.#ipvs.table.whenDone(() => this.#elector.send({ kind: "ready" }));
  }

  #interfaces(): Interfaces {
    const interfaces = new Interfaces();
    interfaces.replace(this.#route.links(), this.#route.addresses());
    return interfaces;
  }

  #tell(event: KeelsonEvent, at: number): void {
    this.#ring.add(at, event);
    this.#log.tell(event, at);
    this.#notifications.event(event, at);
  }

  async #exit(): Promise<void> {
    this.#loop.close();
    this.#control.close();
    this.#watchers.close();
    await this.#notifications.finish();
    await this.#recording?.close();
    await this.#log.close();
    process.exit(0);
  }
}
