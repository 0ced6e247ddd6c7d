import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { RealServerHost } from "../../../src/linux/host/real-server.ts";

it("a device that is about to be made is in the journal: whoever comes later deletes it", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "keelson-rs-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const first = new RealServerHost(folder);
  first.noteLink("kgre-c000020b");
  first.close();
  const later = new RealServerHost(folder);
  assert.deepEqual(later.made.links, ["kgre-c000020b"]);
  later.close();
});
