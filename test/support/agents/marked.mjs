// Writes the marks and the table of a director into the kernel that it runs on, by the built program's own keepers.
// Plain JavaScript: there is no tsx where it runs. Arguments: the folder of the program, and what is wanted, as v8 writes it.
// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize } from "node:v8";

const [, , program = "", file = ""] = process.argv;
const { IpvsKeepers } = await import(join(program, "dist/linux/balancer/ipvs-keepers.js"));

const { settings, table } = deserialize(readFileSync(file));
const tell = (/** @type {unknown} */ event) => console.log(JSON.stringify(event));
/** Nothing was there before, and nobody comes later. */
const journal = {
  ...{ table: new Set(), tableSysctls: [], tableTimeouts: [], daemons: [], marks: false },
  ...{
    setTable() {},
    setTablePlace() {},
    setTableSysctls() {},
    setTableTimeouts() {},
    setDaemons() {},
    setMarks() {},
  },
};
const keepers = new IpvsKeepers(journal, tell, () => {});
assert.equal(keepers.open(settings.table), undefined);
keepers.configure(settings);
keepers.table.want(table, false);
keepers.table.flush();
assert.deepEqual(keepers.report.refused, []);
assert.equal(keepers.marks.problem, undefined);
keepers.close();
keepers.table.close();
