import assert from "node:assert/strict";
import { savedText } from "../../src/ipvs/ipvsadm.ts";
import { recordOfDestination, recordOfService } from "../../src/ipvs/kernel-table.ts";
import { readSavedTable } from "../../src/ipvs/saved-table.ts";
import { SAVED_BY_IPVSADM } from "../ipvs/saved-by-ipvsadm.ts";
import { fuzz } from "../support/fuzz.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Each service with its servers: in a long text nearly every mutation is a mistake. */
const seeds = SAVED_BY_IPVSADM.split(/^(?=-A)/m).map((part) => encoder.encode(part));

fuzz("readSavedTable", seeds, (bytes) => {
  const saved = readSavedTable(decoder.decode(bytes));
  if (saved.kind === "bad") return assert(saved.issues.length > 0);
  const text = saved.table
    .map(({ destinations, ...head }) =>
      savedText({ record: recordOfService(head), destinations: destinations.map(recordOfDestination) }),
    )
    .join("");
  const again = readSavedTable(text);
  assert(again.kind === "ok", `${text}: ${JSON.stringify(again)}`);
  assert.equal(again.table.length, saved.table.length);
});
