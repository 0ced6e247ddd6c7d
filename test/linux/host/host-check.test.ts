import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { PLAIN_POLICY } from "../../../src/balance/policy.ts";
import { NO_TABLE_SETTINGS } from "../../../src/balance/settings.ts";
import type { DirectorSettings } from "../../../src/config/settings.ts";
import { hostIssues } from "../../../src/linux/host/host-check.ts";
import { apply, undoLine } from "../../../src/linux/host/remedies.ts";
import { ip } from "../../../src/net/ip.ts";
import { script } from "../../notify/support.ts";
import { routerSettings } from "../../support/director.ts";
import { labSkip } from "../../support/lab.ts";
import { destroyNamespaces, inNamespace, ipBatch, namespacePath } from "../../support/namespaces.ts";
import { must } from "../../support/processes.ts";
import { atExit } from "../../support/teardown.ts";

const NOWHERE = "kl-nowhere";
const NAMESPACE = `kl-${process.pid}-balancing`;
const WEB = {
  name: "web",
  protocol: "tcp",
  listen: [{ address: ip("192.0.2.100"), port: 80 }],
  scheduler: "wlc",
  onFailure: "remove",
  removeAfter: routerSettings().stopTimeout,
  policy: PLAIN_POLICY,
  checks: [],
  servers: [],
} as const;
const RS1 = { address: ip("192.0.2.11"), port: 80 };
const NAT = { name: "rs1", endpoint: RS1, forward: "nat", weight: 1, checks: [], askedAt: 80 } as const;

function settings(changes: Partial<DirectorSettings>): DirectorSettings {
  return {
    cluster: "shop",
    director: "lb1",
    routers: [],
    services: [],
    table: NO_TABLE_SETTINGS,
    notifiers: [],
    watches: [],
    marks: [],
    statics: [],
    ...changes,
  };
}

describe("what only the host knows", () => {
  test("an interface that is not there", () => {
    const { errors } = hostIssues(
      settings({ routers: [routerSettings({ interface: NOWHERE, addresses: [] })] }),
    );
    assert.deepEqual(errors, [`interface ${NOWHERE}: there is none on this host`]);
  });

  test("a virtual address that the host has already, and the line that removes it", () => {
    const addresses = [{ address: ip("127.0.0.1"), prefixLength: 32, interface: "lo" }];
    const { errors } = hostIssues(settings({ routers: [routerSettings({ interface: "lo", addresses })] }));
    assert.ok(
      errors.some((error) => error.includes("ip address del 127.0.0.1 dev lo")),
      errors.join("\n"),
    );
  });

  test("what static addresses and routes wait for", () => {
    const address = { address: ip("127.0.0.1"), prefixLength: 8, interface: "lo" };
    const plain = { family: 4, type: "unicast", table: 254, scope: "link", onlink: false } as const;
    const { errors, warnings } = hostIssues(
      settings({
        statics: [
          { kind: "address", address },
          { kind: "address", address: { ...address, address: ip("127.9.9.9") } },
          { kind: "route", route: { ...plain, interface: NOWHERE } },
        ],
      }),
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(
      warnings.filter((warning) => warning.startsWith("static")),
      [
        "static address 127.0.0.1/8 dev lo: is there already, and not put there by Keelson: it is left alone",
        `static route default dev ${NOWHERE} table 254 scope link: waits for an interface ${NOWHERE}, there is none on this host`,
      ],
    );
  });

  test("a script that root would not run, and a user who is not there", {
    skip: process.geteuid?.() !== 0,
  }, () => {
    const command = ["/bin/keelson-nowhere"] as const;
    const { errors } = hostIssues(settings({ notifiers: [script({ command, user: "kl-nobody" })] }));
    assert.match(
      errors[0] ?? "",
      /^notifier pager: root will not run \/bin\/keelson-nowhere: .+no such file/,
    );
    assert.equal(errors[1], "notifier pager: this host has no user kl-nobody");
  });

  test("the network namespace that services are balanced in", { skip: labSkip() }, async (context) => {
    const namespace = namespacePath(NAMESPACE);
    const table = { ...NO_TABLE_SETTINGS, namespace };
    const services = [{ ...WEB, servers: [NAT] }];
    const check = () => hostIssues(settings({ services, table }));
    assert.deepEqual(
      check().errors.filter((error) => error.includes(namespace)),
      [
        `[ipvs]: there is no network namespace ${namespace}: it has to be made before Keelson starts (ip netns add)`,
      ],
    );
    atExit(() => destroyNamespaces([NAMESPACE]));
    context.after(() => destroyNamespaces([NAMESPACE]));
    await ipBatch([`netns add ${NAMESPACE}`]);
    await must(inNamespace(NAMESPACE, ["sysctl", "-qw", "net.ipv4.ip_forward=0"]));
    const forwards = (warning: string) => warning.includes("needs a host that forwards");
    const remedy = {
      kind: "sysctl",
      path: "ipv4/ip_forward",
      value: "1",
      namespace,
    } as const;
    const line = `nsenter --net=${namespace} sysctl -w net.ipv4.ip_forward`;
    assert.deepEqual(check().warnings.filter(forwards), [
      `in ${namespace}: forward = "nat" needs a host that forwards: ${line}=1`,
    ]);
    assert.equal(undoLine(remedy), `${line}=0`);
    assert.equal(apply(remedy), undefined);
    assert.deepEqual(check().warnings.filter(forwards), []);
  });

  test("a kernel without IPVS is named only when there are services", () => {
    assert.deepEqual(hostIssues(settings({})).errors, []);
    const { errors } = hostIssues(settings({ services: [WEB] }));
    const expected = existsSync("/proc/net/ip_vs") ? 0 : 1;
    assert.equal(errors.filter((error) => error.includes("modprobe ip_vs")).length, expected);
  });
});
