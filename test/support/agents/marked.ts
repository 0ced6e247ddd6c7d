// Writes the marks and the table of a director into the kernel that it runs on, by the keepers that a director has.
// One file of JavaScript is made of it, for where it runs there is no tsx. Argument: a file with a `Wanted`, as v8 writes it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { deserialize } from "node:v8";
import type { DirectorSettings } from "../../../src/config/settings.ts";
import type { Table } from "../../../src/ipvs/settings.ts";
import { MarkKeeper } from "../../../src/linux/keepers/mark-keeper.ts";
import { TableKeeper } from "../../../src/linux/keepers/table-keeper.ts";
import { IpvsClient } from "../../../src/linux/netlink/ipvs-client.ts";
import { askNetfilter, readMarkTable } from "../../../src/linux/netlink/netfilter.ts";
import type { KeelsonEvent } from "../../../src/log/event.ts";

export interface Wanted {
  readonly settings: Pick<DirectorSettings, "marks" | "table">;
  readonly table: Table;
}

const [, , file = ""] = process.argv;
const { settings, table }: Wanted = deserialize(readFileSync(file));
/** Nothing was there before, and nobody comes later. */
const journal = { table: new Set<string>(), setTable() {}, marks: false, setMarks() {} };
const tell = (event: KeelsonEvent) => console.log(event);

const host = { read: readMarkTable, write: askNetfilter, watch: () => () => {} };
const marks = new MarkKeeper(journal, tell, host);
marks.configure(settings);
assert.equal(marks.report?.problem, undefined);
marks.close();

const keeper = new TableKeeper(
  journal,
  tell,
  () => {},
  () => new IpvsClient(),
);
assert.equal(keeper.open(), undefined);
keeper.want(table, false);
keeper.flush();
assert.deepEqual(keeper.report?.refused, []);
keeper.close();
