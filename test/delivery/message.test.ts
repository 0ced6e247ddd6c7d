import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { environmentOf, jsonOf } from "../../src/delivery/message.ts";
import type { Notice } from "../../src/notify/notice.ts";
import { notice } from "../notify/support.ts";
import { readSource } from "../support/modules.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const ROUTER = notice({ from: "Backup", detail: "192.0.2.12, priority 150", priority: 150, at: AT });
const SERVER: Notice = {
  ...notice(),
  subject: { kind: "server", service: "web", server: "rs1" },
  address: "10.0.0.1:8080",
  state: "down",
  cause: "refused",
  detail: "ECONNREFUSED",
  at: AT,
};

describe("a notice", () => {
  it("is the JSON that docs/notify.md shows, of a router and of a server", () => {
    const shown = readSource("docs/notify.md").match(/^\{.*\}$/gm);
    assert.deepEqual([jsonOf(ROUTER), jsonOf(SERVER)], shown);
  });

  it("names in a script's environment what it is of, and nothing else", () => {
    const { PATH: _, LANG: __, ...variables } = environmentOf(SERVER);
    assert.deepEqual(variables, {
      KEELSON_CLUSTER: "shop",
      KEELSON_DIRECTOR: "lb1",
      KEELSON_SERVICE: "web",
      KEELSON_SERVER: "rs1",
      KEELSON_ADDRESS: "10.0.0.1:8080",
      KEELSON_STATE: "down",
      KEELSON_CAUSE: "refused",
      KEELSON_DETAIL: "ECONNREFUSED",
    });
  });
});
