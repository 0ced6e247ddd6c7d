/**
 * What we created on this host, written down before it is created, so that a later run knows its own leftovers.
 *
 * It holds for one boot of one network namespace: after a reboot the kernel has forgotten everything, and so do we.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { SysctlChange } from "../../channel/message.ts";
import type { StaticItem } from "../../config/static.ts";
import type { OwnDaemon } from "../../ipvs/sync-plan.ts";
import { type Arm, armKey } from "../../vrrp/node.ts";
import { daemonShape, staticItemShape } from "./journal-shapes.ts";
import { readIfThere, writeDurably } from "./state-files.ts";

const JOURNAL_FILE = "journal.json";

const changes = z.array(z.object({ path: z.string(), before: z.string(), value: z.string() })).default([]);

const journalShape = z.object({
  boot: z.string(),
  namespace: z.string(),
  /** `armKey`s of addresses. */
  addresses: z.array(z.string()),
  /** The network namespace of the IPVS table and of all that belongs to it; absent: our own. */
  tablePlace: z.object({ namespace: z.string(), id: z.string() }).optional(),
  /** Identities of IPVS services and destinations. */
  table: z.array(z.string()),
  /** Names of virtual links. */
  links: z.array(z.string()).default([]),
  sysctls: changes,
  /** Under net.ipv4.vs. */
  tableSysctls: changes,
  /** By the name of the timeout, in seconds. */
  tableTimeouts: changes,
  daemons: z.array(daemonShape).default([]),
  /** Our nftables table. */
  firewall: z.boolean().default(false),
  /** Our nftables table of marks. */
  marks: z.boolean().default(false),
  statics: z.array(staticItemShape).default([]),
});

type Content = Readonly<Omit<z.infer<typeof journalShape>, "boot" | "namespace">>;

export class Journal {
  readonly #path: string;
  readonly #here: { readonly boot: string; readonly namespace: string };
  #content: Content = {
    addresses: [],
    table: [],
    links: [],
    sysctls: [],
    tableSysctls: [],
    tableTimeouts: [],
    daemons: [],
    firewall: false,
    marks: false,
    statics: [],
  };

  /** @param file of another name for what is not the daemon's */
  constructor(stateDir: string, file = JOURNAL_FILE) {
    this.#path = join(stateDir, file);
    this.#here = {
      boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      namespace: String(statSync("/proc/self/ns/net").ino),
    };
    this.#read();
  }

  get addresses(): ReadonlySet<string> {
    return new Set(this.#content.addresses);
  }

  /** `id` as of `lastingNamespaceId`. */
  get tablePlace(): { readonly namespace: string; readonly id: string } | undefined {
    return this.#content.tablePlace;
  }

  get table(): ReadonlySet<string> {
    return new Set(this.#content.table);
  }

  get links(): readonly string[] {
    return this.#content.links;
  }

  get sysctls(): readonly SysctlChange[] {
    return this.#content.sysctls;
  }

  get tableSysctls(): readonly SysctlChange[] {
    return this.#content.tableSysctls;
  }

  get tableTimeouts(): readonly SysctlChange[] {
    return this.#content.tableTimeouts;
  }

  /** The sync daemons that we have started. */
  get daemons(): readonly OwnDaemon[] {
    return this.#content.daemons;
  }

  get firewall(): boolean {
    return this.#content.firewall;
  }

  get marks(): boolean {
    return this.#content.marks;
  }

  get statics(): readonly StaticItem[] {
    return this.#content.statics;
  }

  /** Whether we put an address there, floating or static. */
  owns(arm: Arm): boolean {
    const key = armKey(arm);
    const { addresses, statics } = this.#content;
    return (
      addresses.includes(key) || statics.some((one) => one.kind === "address" && armKey(one.address) === key)
    );
  }

  /** Throws the file system's error when it cannot be written down; then it is as it was. */
  setAddresses(keys: Iterable<string>): void {
    this.#set({ addresses: [...new Set(keys)] });
  }

  /** As `setAddresses`. Of another place nothing is known. */
  setTablePlace(tablePlace: Journal["tablePlace"]): void {
    if (isDeepStrictEqual(tablePlace, this.#content.tablePlace)) return;
    const nothing = { table: [], tableSysctls: [], tableTimeouts: [], daemons: [], marks: false };
    this.#set({ tablePlace, ...nothing });
  }

  /** As `setAddresses`. */
  setTable(keys: Iterable<string>): void {
    this.#set({ table: [...new Set(keys)] });
  }

  /** As `setAddresses`. */
  setHost(links: Iterable<string>, sysctls: readonly SysctlChange[]): void {
    this.#set({ links: [...new Set(links)], sysctls: [...sysctls] });
  }

  /** As `setAddresses`. */
  setTableSysctls(tableSysctls: readonly SysctlChange[]): void {
    this.#set({ tableSysctls: [...tableSysctls] });
  }

  /** As `setAddresses`. */
  setTableTimeouts(tableTimeouts: readonly SysctlChange[]): void {
    this.#set({ tableTimeouts: [...tableTimeouts] });
  }

  /** As `setAddresses`. */
  setDaemons(daemons: readonly OwnDaemon[]): void {
    this.#set({ daemons: [...daemons] });
  }

  /** As `setAddresses`. */
  setFirewall(firewall: boolean): void {
    this.#set({ firewall });
  }

  /** As `setAddresses`. */
  setMarks(marks: boolean): void {
    this.#set({ marks });
  }

  /** As `setAddresses`. */
  setStatics(statics: readonly StaticItem[]): void {
    this.#set({ statics: [...statics] });
  }

  #set(change: Partial<Content>): void {
    const content = { ...this.#content, ...change };
    if (isDeepStrictEqual(content, this.#content)) return;
    writeDurably(this.#path, `${JSON.stringify({ ...this.#here, ...content })}\n`);
    this.#content = content;
  }

  #read(): void {
    const parsed = journalShape.safeParse(parseJson(readIfThere(this.#path)));
    if (!parsed.success) return;
    const { boot, namespace, ...content } = parsed.data;
    if (boot === this.#here.boot && namespace === this.#here.namespace) this.#content = content;
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
