/** What the cluster file sets of the kernel's balancer beside its table: sysctls under net.ipv4.vs, and timeouts. */
import type { TableSettings } from "../../balance/settings.ts";
import type { TableSettingsReport } from "../../control/target.ts";
import { TIMEOUT_NAMES, type TimeoutName } from "../../ipvs/timeouts.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { Bug } from "../../net/bug.ts";
import type { IpvsClient } from "../netlink/ipvs-client.ts";
import { refusalOf } from "../refusal.ts";
import type { Journal } from "../state/journal.ts";
import { KeptSettings, type SettingsPlace } from "./kept-settings.ts";

const FOLDER = "ipv4/vs/";

type Book = Pick<Journal, "tableSysctls" | "setTableSysctls" | "tableTimeouts" | "setTableTimeouts">;
/** Where the kernel's balancer is. */
interface Place {
  /** Throws SystemError. */
  connect(): Pick<IpvsClient, "timeouts" | "setTimeouts" | "close">;
  readSysctl(path: string): string | undefined;
  /** Throws SystemError, or the file system's error. */
  writeSysctl(path: string, value: string): void;
}

type Wanted = Pick<TableSettings, "sysctls" | "timeouts">;

export class TableSettingsKeeper {
  readonly #sysctls: KeptSettings;
  readonly #timeouts: KeptSettings;

  constructor(journal: Book, tell: (event: KeelsonEvent) => void, place: Place) {
    this.#sysctls = new KeptSettings(
      { changes: () => journal.tableSysctls, note: (changes) => journal.setTableSysctls(changes) },
      sysctlsOf(place),
      tell,
    );
    this.#timeouts = new KeptSettings(
      { changes: () => journal.tableTimeouts, note: (changes) => journal.setTableTimeouts(changes) },
      timeoutsOf(place),
      tell,
    );
  }

  /** Of those that we changed. */
  get inForce(): TableSettingsReport {
    const sysctls = this.#sysctls.inForce.map(([path, value]) => [path.slice(FOLDER.length), value] as const);
    return {
      sysctls: Object.fromEntries(sysctls),
      timeouts: Object.fromEntries(this.#timeouts.inForce),
    };
  }

  /** Sets those that are wanted, and puts back what earlier calls changed and is not wanted any more. */
  keep({ sysctls, timeouts }: Wanted): void {
    const paths = Object.entries(sysctls).map(([name, value]) => [`${FOLDER}${name}`, value] as const);
    this.#sysctls.keep(Object.fromEntries(paths));
    const lengths = Object.entries(timeouts).map(([name, seconds]) => [name, String(seconds)] as const);
    this.#timeouts.keep(Object.fromEntries(lengths));
  }

  putBack(): void {
    this.keep({ sysctls: {}, timeouts: {} });
  }
}

function sysctlsOf(place: Place): SettingsPlace {
  return {
    // The kernel writes pairs with a tabulator.
    read: (path) => place.readSysctl(path)?.replace(/\s+/g, " "),
    write: (path, value) => place.writeSysctl(path, value),
    nameOf: (path) => `net.${path.replaceAll("/", ".")}`,
  };
}

/** Their paths are their names. */
function timeoutsOf(place: Place): SettingsPlace {
  return {
    read(path) {
      let seconds: number | undefined;
      const name = timeoutName(path);
      // A kernel without IPVS has none.
      refusalOf(() => {
        seconds = withIpvs(place, (client) => client.timeouts())?.[name];
      });
      return seconds === undefined ? undefined : String(seconds);
    },
    write(path, value) {
      withIpvs(place, (client) => client.setTimeouts({ [timeoutName(path)]: Number(value) }));
    },
    nameOf: (path) => `IPVS timeout ${path}`,
  };
}

function timeoutName(path: string): TimeoutName {
  const name = TIMEOUT_NAMES.find((one) => one === path);
  if (name === undefined) throw new Bug(`no timeout is called ${path}`);
  return name;
}

/** Throws SystemError. */
function withIpvs<T>(place: Place, act: (client: ReturnType<Place["connect"]>) => T): T {
  const client = place.connect();
  try {
    return act(client);
  } finally {
    client.close();
  }
}
