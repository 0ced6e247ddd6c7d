import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keepUnchanged } from "../../../src/linux/balancer/unchanged.ts";
import { server, service } from "../../balance/fixture.ts";

describe("keepUnchanged", () => {
  const [web, mail] = [service([server("rs1")]), service([server("rs2")], { name: "mail" })];

  it("has the old object of whatever says the same, in the new order", () => {
    const [first, second] = keepUnchanged([web, mail], structuredClone([mail, web]));
    assert.equal(first, mail);
    assert.equal(second, web);
  });

  it("has the new object of whatever says something else, or is new", () => {
    const other = service([server("rs1", { weight: 4 })]);
    const [first, second] = keepUnchanged([web], [other, mail]);
    assert.equal(first, other);
    assert.equal(second, mail);
  });
});
