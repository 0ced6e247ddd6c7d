import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SysctlChange } from "../../src/channel/message.ts";
import { TableSysctls } from "../../src/linux/table-sysctls.ts";
import type { KeelsonEvent } from "../../src/log/event.ts";

/** The settings of a host, and a journal that outlives each run. */
function host(settings: Readonly<Record<string, string>>) {
  const files = new Map(Object.entries(settings).map(([name, value]) => [`ipv4/vs/${name}`, value]));
  const nothing: readonly SysctlChange[] = [];
  const journal = {
    tableSysctls: nothing,
    setTableSysctls(changes: readonly SysctlChange[]) {
      journal.tableSysctls = changes;
    },
  };
  const told: KeelsonEvent[] = [];
  const run = () =>
    new TableSysctls(journal, (event) => told.push(event), {
      read: (path) => files.get(path),
      write: (path, value) => void files.set(path, value),
    });
  return { run, told, journal, value: (name: string) => files.get(`ipv4/vs/${name}`), files };
}

describe("the settings of the kernel's balancer", () => {
  it("are set as the file says, shown, and put back", () => {
    const { run, told, value, journal } = host({ conntrack: "0", sync_threshold: "3\t50" });
    const sysctls = run();
    sysctls.keep({ conntrack: "1", sync_threshold: "3 50" });
    assert.deepEqual(sysctls.inForce, { conntrack: "1", sync_threshold: "3 50" });
    assert.equal(value("sync_threshold"), "3\t50", "it had that value");
    sysctls.keep({ conntrack: "1" });
    sysctls.keep({});
    assert.equal(value("conntrack"), "0");
    assert.deepEqual([sysctls.inForce, journal.tableSysctls], [{}, []]);
    assert.deepEqual(
      told.map((event) => (event.kind === "sysctl-changed" ? `${event.name} ${event.to}` : event.kind)),
      ["net.ipv4.vs.conntrack 1", "net.ipv4.vs.conntrack 0"],
    );
  });

  it("are put back by a later run, too, to what the host had first", () => {
    const { run, value } = host({ conntrack: "0" });
    run().keep({ conntrack: "1" });
    const later = run();
    later.keep({ conntrack: "2" });
    later.keep({});
    assert.equal(value("conntrack"), "0");
  });

  it("are left to whoever has set them meanwhile", () => {
    const { run, value, files } = host({ conntrack: "0" });
    run().keep({ conntrack: "1" });
    files.set("ipv4/vs/conntrack", "7");
    run().keep({});
    assert.equal(value("conntrack"), "7");
  });

  it("are left out, and named, when this kernel does not have them", () => {
    const { run, told, journal } = host({});
    run().keep({ conntrack: "1" });
    assert.deepEqual(told, [{ kind: "sysctl-missing", name: "net.ipv4.vs.conntrack" }]);
    assert.deepEqual(journal.tableSysctls, []);
  });
});
