/** All that is kept of the kernel's IPVS, in whichever network namespace: table, settings, sync daemons, marks of packets. */
import type { TableSettings } from "../../balance/settings.ts";
import type { DirectorSettings } from "../../config/settings.ts";
import type { MarksReport, Status } from "../../control/target.ts";
import type { KeelsonEvent } from "../../log/event.ts";
import { MarkKeeper } from "../keepers/mark-keeper.ts";
import { SyncKeeper } from "../keepers/sync-keeper.ts";
import { TableKeeper } from "../keepers/table-keeper.ts";
import { TablePlace } from "../keepers/table-place.ts";
import { TableSettingsKeeper } from "../keepers/table-settings.ts";
import type { Journal } from "../state/journal.ts";

/** Of `sync_threshold`: the one in each one, counted from zero. */
const EVERY_PACKET = "0 1";

/** Without services the module may not even be there, and who only observes touches nothing. */
export function isTableOurs({ services, table }: DirectorSettings): boolean {
  return services.length > 0 && table.mode === "active";
}

export class IpvsKeepers {
  readonly table: TableKeeper;
  readonly #place: TablePlace;
  readonly #settings: TableSettingsKeeper;
  readonly #sync: SyncKeeper;
  readonly #marks: MarkKeeper;
  /** What is set beside the table; absent: nothing. */
  #wanted: Pick<TableSettings, "sysctls" | "timeouts"> | undefined;

  /** @param busy something that may take long begins */
  constructor(journal: Journal, tell: (event: KeelsonEvent) => void, busy: () => void) {
    const place = new TablePlace(journal, {
      open: () => this.table.open(),
      leave: () => this.#leave(),
      renewed: (namespace) => {
        tell({ kind: "namespace-renewed", namespace });
        this.table.startAnew();
        if (this.#wanted !== undefined) this.#settings.keep(this.#wanted);
      },
    });
    this.#place = place;
    this.table = new TableKeeper(journal, tell, busy, () => place.connect());
    this.#settings = new TableSettingsKeeper(journal, tell, place);
    this.#sync = new SyncKeeper(journal, tell, place);
    this.#marks = new MarkKeeper(journal, tell, place.marks);
  }

  /** Before the first service. The answer is why there is no table to write to. */
  open({ namespace }: TableSettings): string | undefined {
    return this.#place.choose(namespace);
  }

  configure(settings: DirectorSettings): void {
    const { services, table } = settings;
    this.table.configure(table);
    this.#keepSettings(isTableOurs(settings) ? table : undefined);
    this.#sync.configure(services.length > 0 ? table.sync : undefined, table.mode === "observe");
    this.#marks.configure(settings);
  }

  /** Of `table`, which is ours, with another threshold while it is on. */
  syncEveryPacket(on: boolean, table: TableSettings): void {
    const sysctls = on ? { ...table.sysctls, sync_threshold: EVERY_PACKET } : table.sysctls;
    this.#keepSettings({ ...table, sysctls });
  }

  serving(masters: ReadonlySet<string>): void {
    this.#sync.serving(masters);
  }

  get report(): Status["table"] {
    const sync = this.#sync.report;
    const { namespace } = this.#place;
    return (
      this.table.report && {
        ...this.table.report,
        ...this.#settings.inForce,
        ...(sync === undefined ? {} : { sync }),
        ...(namespace === undefined ? {} : { namespace }),
      }
    );
  }

  get marks(): MarksReport | undefined {
    return this.#marks.report;
  }

  /** An orderly end, when the table is as it is to stay. */
  stop(): void {
    this.#sync.stop();
    this.#keepSettings(undefined);
    this.#marks.stop();
  }

  /** Daemons and marks stay as they are. */
  close(): void {
    this.#sync.close();
    this.#marks.close();
  }

  #keepSettings(wanted: Pick<TableSettings, "sysctls" | "timeouts"> | undefined): void {
    this.#wanted = wanted;
    if (wanted === undefined) this.#settings.putBack();
    else this.#settings.keep(wanted);
  }

  /** The table itself stays there. */
  #leave(): void {
    this.table.close();
    this.stop();
    this.close();
  }
}
