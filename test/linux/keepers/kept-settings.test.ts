import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SysctlChange } from "../../../src/channel/message.ts";
import { KeptSettings } from "../../../src/linux/keepers/kept-settings.ts";
import type { KeelsonEvent } from "../../../src/log/event.ts";

/** The settings of a host, and a journal that outlives each run. */
function host(settings: Readonly<Record<string, string>>) {
  const values = new Map(Object.entries(settings));
  let journal: readonly SysctlChange[] = [];
  const told: KeelsonEvent[] = [];
  const book = {
    changes: () => journal,
    note: (changes: readonly SysctlChange[]) => {
      journal = changes;
    },
  };
  const place = {
    read: (path: string) => values.get(path),
    write: (path: string, value: string) => void values.set(path, value),
    nameOf: (path: string) => `vs.${path}`,
  };
  const run = () => new KeptSettings(book, place, (event) => told.push(event));
  return { run, told, journal: () => journal, values };
}

describe("settings of the kernel's balancer", () => {
  it("are set as the file says, shown, and put back", () => {
    const { run, told, values, journal } = host({ conntrack: "0", sync_threshold: "3 50" });
    const settings = run();
    settings.keep({ conntrack: "1", sync_threshold: "3 50" });
    assert.deepEqual(settings.inForce, [
      ["conntrack", "1"],
      ["sync_threshold", "3 50"],
    ]);
    settings.keep({ conntrack: "1" });
    settings.keep({});
    assert.equal(values.get("conntrack"), "0");
    assert.deepEqual([settings.inForce, journal()], [[], []]);
    assert.deepEqual(
      told.map((event) => (event.kind === "sysctl-changed" ? `${event.name} ${event.to}` : event.kind)),
      ["vs.conntrack 1", "vs.conntrack 0"],
      "the other one had its value",
    );
  });

  it("are put back by a later run, too, to what the host had first", () => {
    const { run, values } = host({ conntrack: "0" });
    run().keep({ conntrack: "1" });
    const later = run();
    later.keep({ conntrack: "2" });
    later.keep({});
    assert.equal(values.get("conntrack"), "0");
  });

  it("are left to whoever has set them meanwhile", () => {
    const { run, values } = host({ conntrack: "0" });
    run().keep({ conntrack: "1" });
    values.set("conntrack", "7");
    run().keep({});
    assert.equal(values.get("conntrack"), "7");
  });

  it("are left out, and named, when this kernel does not have them", () => {
    const { run, told, journal } = host({});
    run().keep({ conntrack: "1" });
    assert.deepEqual(told, [{ kind: "sysctl-missing", name: "vs.conntrack" }]);
    assert.deepEqual(journal(), []);
  });
});
