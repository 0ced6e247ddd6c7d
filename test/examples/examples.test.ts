import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadCluster } from "../../src/config/load.ts";
import { settingsFor } from "../../src/config/settings.ts";
import { filesUnder, readSource } from "../support/modules.ts";

const FILES = filesUnder(["examples"], /\.toml$/);

describe("every example", () => {
  for (const file of FILES) {
    it(`${file} is good, without warnings, for each of its directors`, () => {
      const result = loadCluster(readSource(file), file);
      assert.deepEqual(result.kind === "ok" ? result.warnings : result.issues, []);
      assert(result.kind === "ok");
      const directors = Object.keys(result.cluster.directors);
      assert.equal(directors.length, 2);
      for (const director of directors) assert.equal(settingsFor(result.cluster, director).routers.length, 1);
    });
  }

  it("has its place in the manual", () => {
    const manual = readSource("docs/cluster-file.md");
    for (const file of FILES) assert(manual.includes(`(../${file})`), file);
  });
});

describe("the guides' networks", () => {
  const settings = (file: string, director = "lb1") => {
    const result = loadCluster(readSource(file), file);
    assert(result.kind === "ok");
    return settingsFor(result.cluster, director);
  };

  it("two arms with NAT: the gateway floats with the service", () => {
    const { routers, services } = settings("examples/nat-two-arm.toml");
    assert.deepEqual(routers[0]?.addresses, [
      { address: "172.30.2.151", prefixLength: 32, interface: "eth0" },
      { address: "172.16.225.222", prefixLength: 24, interface: "eth1" },
    ]);
    const servers = services[0]?.servers.map(({ endpoint, forward }) => [endpoint.address, forward]);
    assert.deepEqual(servers, [
      ["172.16.225.110", "nat"],
      ["172.16.225.111", "nat"],
    ]);
  });

  it("direct routing: servers on the service's own network and port", () => {
    const { services } = settings("examples/direct-routing.toml");
    assert.deepEqual(services[0]?.listen, [{ address: "192.168.122.188", port: 80 }]);
    const servers = services[0]?.servers.map(({ endpoint, forward }) => [endpoint, forward]);
    assert.deepEqual(servers, [
      [{ address: "192.168.122.100", port: 80 }, "direct"],
      [{ address: "192.168.122.101", port: 80 }, "direct"],
    ]);
  });

  it("an nginx pair: an address, and no IPVS", () => {
    const { routers, services } = settings("examples/nginx-pair.toml", "proxy1");
    assert.deepEqual([routers.length, services.length], [1, 0]);
  });
});
