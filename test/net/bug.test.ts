import assert from "node:assert/strict";
import { it } from "node:test";
import { Bug, unreachable } from "../../src/net/bug.ts";

it("a bug is told by its name", () => {
  assert.equal(String(new Bug("two masters")), "Bug: two masters");
});

it("unreachable shows the value that could not be", () => {
  const closed: (value: never) => never = unreachable;
  assert.throws(() => Reflect.apply(closed, undefined, [{ kind: "surprise" }]), {
    name: "Bug",
    message: 'unreachable: {"kind":"surprise"}',
  });
});
