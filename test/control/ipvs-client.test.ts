/** Which table `keelson ipvs` looks at, and what it says where there is none. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { Journal } from "../../src/linux/state/journal.ts";
import { ownFolder } from "../support/folders.ts";
import { labSkip } from "../support/lab.ts";
import { destroyNamespaces, ipBatch, namespacePath } from "../support/namespaces.ts";
import { atExit } from "../support/teardown.ts";
import { keelson, verb } from "./keelson.ts";

const NOWHERE = "/run/netns/kl-nowhere";

describe("keelson ipvs, of another network namespace", () => {
  const folder = ownFolder("ipvs");
  const state = ["--state-dir", folder.path];
  after(() => folder.remove());

  const absent = (name: string) =>
    `keelson ${name}: there is no network namespace ${NOWHERE}: it has to be made before Keelson starts (ip netns add)\n`;

  for (const name of ["ipvs show", "ipvs save"] as const) {
    it(`looks where it is told to: ${name}`, async () => {
      for (const place of ["kl-nowhere", NOWHERE]) {
        const { status, stderr } = await verb(name, ...state, "--namespace", place);
        assert.deepEqual([status, stderr], [1, absent(name)]);
      }
      const bad = await verb(name, ...state, "--namespace", "a/b");
      assert.deepEqual(
        [bad.status, bad.stderr],
        [1, `keelson ${name}: a/b is neither the name of a network namespace nor a path\n`],
      );
    });
  }

  it("says what it may not enter, and why", { skip: labSkip() }, async (context) => {
    const name = `kl-${process.pid}-closed`;
    atExit(() => destroyNamespaces([name]));
    context.after(() => destroyNamespaces([name]));
    await ipBatch([`netns add ${name}`]);
    const words = ["ipvs", "save", ...state, "--namespace", name];
    const { status, stderr } = await keelson(words, [], {}, ["setpriv", "--bounding-set=-sys_admin", "--"]);
    const why = `may not enter the network namespace ${namespacePath(name)} (EPERM): it needs CAP_SYS_ADMIN for that`;
    assert.deepEqual([status, stderr], [1, `keelson ipvs save: Keelson ${why}\n`]);
  });

  it("looks where Keelson keeps its table, unless it is told otherwise", async () => {
    new Journal(folder.path).setTablePlace({ namespace: NOWHERE, id: "4:1" });
    assert.equal((await verb("ipvs save", ...state)).stderr, absent("ipvs save"));
    const own = await verb("ipvs save", ...state, "--namespace", "/proc/self/ns/net");
    assert.doesNotMatch(own.stderr, /no network namespace/);
  });
});
