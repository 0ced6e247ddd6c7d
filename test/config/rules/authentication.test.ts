import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SecretReader } from "../../../src/config/authentication.ts";
import { loadCluster } from "../../../src/config/load.ts";
import { settingsFor } from "../../../src/config/settings.ts";
import { seconds } from "../../../src/net/time.ts";
import { but, checkIssues, DIRECTORS, ROUTER } from "../support.ts";

const PAIR = DIRECTORS + ROUTER;
const KEY = `hex:${"0a".repeat(32)}`;

function signed(rest: string): string {
  return `${PAIR}authentication = { ${rest} }`;
}

describe("authentication", () => {
  checkIssues([
    ["with one key", signed(`active_key = 1, keys = { 1 = "${KEY}" }`)],
    ["with a key of plain characters", signed(`active_key = 1, keys = { 1 = "${"x".repeat(32)}" }`)],
    ["with keys elsewhere", signed('active_key = 1, keys = { 1 = "file:/etc/k", 2 = "env:K" }')],
    ["with a short key", signed(`active_key = 1, keys = { 1 = ^"${"x".repeat(31)}" }`), "bad-key"],
    ["with a long key", signed(`active_key = 1, keys = { 1 = ^"${"x".repeat(65)}" }`), "bad-key"],
    ["with an odd digit", signed(`active_key = 1, keys = { 1 = ^"${KEY}0" }`), "bad-key"],
    ["with a relative path", signed('active_key = 1, keys = { 1 = ^"file:front.key" }'), "bad-key"],
    ["with no active key", signed(`active_key = ^2, keys = { 1 = "${KEY}" }`), "unknown-active-key"],
    [
      "that is not enforced",
      signed(`active_key = 1, mode = ^"permissive", keys = { 1 = "${KEY}" }`),
      "warning authentication-not-enforced",
    ],
    [
      "with a password",
      `${but('"100ms"', '"1s"', PAIR)}version = ^2\npassword = "s3cr3t"\n` +
        `authentication = ^{ active_key = 1, keys = { 1 = "${KEY}" } }`,
      "warning version-2",
      "password-with-authentication",
    ],
  ]);
});

describe("keys that stand elsewhere", () => {
  const text = signed('active_key = 1, keys = { 1 = "file:/etc/front.key", 2 = "env:OTHER" }');
  const reads =
    (file: string, variable = `${"y".repeat(40)}\n`): SecretReader =>
    (source) => ({ kind: "text", text: source.kind === "file" ? file : variable });

  it("are read into the settings", () => {
    const loaded = loadCluster(text, "cluster.toml", reads(`${KEY}\n`));
    assert(loaded.kind === "ok", JSON.stringify(loaded));
    const [router] = settingsFor(loaded.cluster, "lb1").routers;
    assert.deepEqual(router?.transport.authentication, {
      mode: "enforce",
      activeKey: 1,
      keys: [
        { id: 1, secret: "0a".repeat(32) },
        { id: 2, secret: "79".repeat(40) },
      ],
      window: seconds(5),
    });
  });

  const unusable: [string, SecretReader, RegExp][] = [
    ["an empty file", reads(""), /\/etc\/front\.key holds no key/],
    ["a short key", reads("secret"), /\/etc\/front\.key holds no key/],
    ["an unreadable one", () => ({ kind: "unreadable", reason: "EACCES" }), /EACCES/],
    ["a variable without a key", reads(KEY, "z"), /the environment's OTHER holds no key/],
  ];
  for (const [name, read, message] of unusable) {
    it(`are an error with their place: ${name}`, () => {
      const loaded = loadCluster(text, "cluster.toml", read);
      assert(loaded.kind === "bad");
      const [issue] = loaded.issues;
      assert.equal(issue?.code, "unusable-key");
      assert.match(issue.message, message);
      assert.equal(text.split("\n")[issue.line - 1]?.startsWith("authentication"), true);
      assert.doesNotMatch(JSON.stringify(loaded), /secret/);
    });
  }

  for (const [interval, window] of [
    ["100ms", 5],
    ["1s", 5],
    ["2s", 6],
    ["40s", 120],
  ] as const) {
    it(`and a window of ${window} s at ${interval}`, () => {
      const file = but('"100ms"', `"${interval}"\n`, text) + '\n[stop]\ntimeout = "10m"\n';
      const loaded = loadCluster(file, "cluster.toml", reads(KEY));
      assert(loaded.kind === "ok", JSON.stringify(loaded));
      const [router] = settingsFor(loaded.cluster, "lb1").routers;
      assert.equal(router?.transport.authentication?.window, seconds(window));
    });
  }
});
