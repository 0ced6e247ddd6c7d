import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CheckSettings, HttpCheck } from "../../src/checks/settings.ts";
import { checkId, targetOf } from "../../src/checks/target.ts";
import { ip } from "../../src/net/ip.ts";
import { seconds } from "../../src/net/time.ts";

const SERVER = { address: ip("10.0.0.11"), port: 8080 };
const TIMING = { interval: seconds(2), timeout: seconds(1), rise: 2, fall: 3 };
const HTTP: HttpCheck = {
  ...TIMING,
  type: "http",
  method: "GET",
  path: "/",
  headers: { a: "1", b: "2" },
  status: [{ from: 200, to: 299 }],
  maxBody: 1_000,
};

describe("a check", () => {
  it("goes to the server's own port, or to its own", () => {
    assert.deepEqual(targetOf(SERVER, HTTP), SERVER);
    assert.deepEqual(targetOf(SERVER, { ...HTTP, port: 81 }), { address: SERVER.address, port: 81 });
  });

  it("is the same whatever the order of its settings", () => {
    const { headers: _, type, ...rest } = HTTP;
    const reordered: CheckSettings = { headers: { b: "2", a: "1" }, ...rest, type };
    assert.equal(checkId(SERVER, reordered), checkId(SERVER, HTTP));
  });

  it("is another with another target or setting", () => {
    const others: CheckSettings[] = [
      { ...HTTP, interval: seconds(3) },
      { ...HTTP, timeout: seconds(2) },
      { ...HTTP, rise: 1 },
      { ...HTTP, fall: 1 },
      { ...HTTP, path: "/x" },
      { ...HTTP, host: "x" },
      { ...HTTP, contains: "x" },
      { ...HTTP, headers: { a: "1" } },
      { ...HTTP, status: [{ from: 200, to: 300 }] },
      { ...TIMING, type: "tcp" },
    ];
    const ids = [HTTP, ...others].map((settings) => checkId(SERVER, settings));
    ids.push(checkId({ ...SERVER, port: 80 }, HTTP), checkId({ ...SERVER, address: ip("10.0.0.1") }, HTTP));
    assert.equal(new Set(ids).size, ids.length);
  });
});
