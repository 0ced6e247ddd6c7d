import assert from "node:assert/strict";
import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { NetlinkSocket, namespaceCookie, openInNamespace } from "../src/index.ts";
import { ip, makeNamespace, needsNamespaces, path } from "./support/namespaces.ts";

/** 64 in a new namespace, whatever the host has. */
const TTL = "/proc/sys/net/ipv4/ip_default_ttl";
const LINKS = "/proc/thread-self/net/dev";

function read(file: string, namespace: string): string {
  const descriptor = openInNamespace(file, "read", namespace);
  try {
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

test("a file is that of the namespace, to read and to write", { skip: needsNamespaces }, () => {
  const [first, second] = [makeNamespace(), makeNamespace()].map(path);
  assert.ok(first !== undefined && second !== undefined);
  const own = readFileSync(TTL, "utf8");
  for (const value of ["65\n", "66\n"]) {
    const descriptor = openInNamespace(TTL, "write", first);
    writeFileSync(descriptor, value);
    closeSync(descriptor);
    assert.deepEqual([read(TTL, first), read(TTL, second)], [value, "64\n"]);
  }
  assert.equal(readFileSync(TTL, "utf8"), own, "and this process is where it was");
});

test("what a thread sees of its network is that of the namespace", { skip: needsNamespaces }, () => {
  const namespace = makeNamespace();
  ip("-n", namespace, "link", "add", "name", "kl-there", "type", "veth", "peer", "name", "kl-peer");
  assert.match(read(LINKS, path(namespace)), /kl-there:/);
  assert.doesNotMatch(readFileSync(LINKS, "utf8"), /kl-there:/);
});

test("a namespace has a cookie of its own, which its successor does not get", {
  skip: needsNamespaces,
}, () => {
  const [first, second] = [makeNamespace(), makeNamespace()];
  const cookie = namespaceCookie(path(first));
  assert.ok(Number.isSafeInteger(cookie) && cookie > 0);
  assert.equal(namespaceCookie(path(first)), cookie);
  assert.notEqual(namespaceCookie(path(second)), cookie);
  ip("netns", "delete", first);
  ip("netns", "add", first);
  assert.notEqual(namespaceCookie(path(first)), cookie);
  assert.throws(() => namespaceCookie("/run/netns/kl-none"), { code: "ENOENT", call: "getsockopt" });
});

test("a namespace that is none, and a file that is not there, are named", { skip: needsNamespaces }, () => {
  const there = path(makeNamespace());
  const cases = [
    [TTL, "/run/netns/kl-none", "ENOENT"],
    [TTL, "/proc/self/ns/uts", "EINVAL"],
    [TTL, "/dev/null", "EINVAL"],
    ["/proc/sys/net/ipv4/kl-none", there, "ENOENT"],
  ] as const;
  for (const [file, namespace, code] of cases)
    assert.throws(() => openInNamespace(file, "read", namespace), {
      code,
      call: "open",
      message: new RegExp(`^open ${file} in ${namespace}: ${code}`),
    });
  assert.throws(() => new NetlinkSocket({ protocol: 0, namespace: "/run/netns/kl-none" }), {
    code: "ENOENT",
    message: /^socket netlink 0 in \/run\/netns\/kl-none: ENOENT/,
  });
});
