import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { FileWatch } from "../../../src/checks/watch.ts";
import { watchFile } from "../../../src/linux/watchers/file-watcher.ts";
import { micros, millis } from "../../../src/net/time.ts";
import { openFolder } from "../../delivery/support.ts";
import { until } from "../../support/until.ts";

const AT_ONCE = { upDelay: micros(0), downDelay: micros(0) };
/** Well below the two seconds of a slow look: the directory was heard. */
const HEARD = { deadlineMs: 1_500 };

function watching(
  context: TestContext,
  path: string,
  upWhen: FileWatch["upWhen"],
  delays: Partial<typeof AT_ONCE> = {},
): () => string | undefined {
  const ending = new AbortController();
  context.after(() => ending.abort());
  let last: string | undefined;
  const settings = { kind: "file", name: "strain", path, upWhen, ...AT_ONCE, ...delays } as const;
  void watchFile(
    settings,
    ({ up, value, detail }) => {
      last = `${up}${value === undefined ? "" : ` ${value}`}: ${detail}`;
    },
    ending.signal,
  );
  return () => last;
}

describe("a file that is tracked", () => {
  it("decides by being there, or by not being there", async (context) => {
    const path = join(openFolder(context), "flag");
    const present = watching(context, path, "present");
    const absent = watching(context, path, "absent");
    await until("a first look", () => present() === `false: ${path} is not there`);
    await until("another", () => absent() === `true: ${path} is not there`);
    writeFileSync(path, "");
    await until("it to come", () => present() === `true: ${path} is there`, HEARD);
    await until("it to come for the other", () => absent() === `false: ${path} is there`, HEARD);
    rmSync(path);
    await until("it to go", () => present() === `false: ${path} is not there`, HEARD);
  });

  it("holds a number; none and nothing are 0", async (context) => {
    const path = join(openFolder(context), "strain");
    const last = watching(context, path, "zero");
    await until("none", () => last() === `true 0: ${path} holds nothing, which counts as 0`);
    const steps: readonly [content: string, said: string][] = [
      ["-20\n", `false -20: ${path} holds -20`],
      [" +7 ", `false 7: ${path} holds 7`],
      ["0", `true 0: ${path} holds 0`],
      ["\n", `true 0: ${path} holds nothing, which counts as 0`],
      ["255", `false: ${path} holds no number from -254 to 254`],
      ["ten", `false: ${path} holds no number from -254 to 254`],
      ["1e2", `false: ${path} holds no number from -254 to 254`],
      [`${" ".repeat(64)}1`, `false: ${path} holds no number from -254 to 254`],
    ];
    for (const [content, said] of steps) {
      writeFileSync(`${path}.new`, content);
      renameSync(`${path}.new`, path);
      await until(`"${content}"`, () => last() === said, { explain: () => `${last()}` });
    }
  });

  it("is no number when it is no file", async (context) => {
    const path = join(openFolder(context), "strain");
    mkdirSync(path);
    const last = watching(context, path, "zero");
    await until("a look", () => last() === `false: ${path} holds no number from -254 to 254`);
  });

  it("is not read from the kernel's own file systems", async (context) => {
    const path = join(openFolder(context), "strain");
    symlinkSync("/proc/sys/net/ipv4/ip_forward", path);
    const last = watching(context, path, "zero");
    await until("a refusal", () => last() === `false: ${path} is on proc, where it is not read`);
    const direct = watching(context, "/sys/kernel/uevent_seqnum", "present");
    await until("another", () => direct() === "false: /sys/kernel is on sysfs, where it is not read");
  });

  it("may come with its directory, and with the next one of that name", async (context) => {
    const folder = join(openFolder(context), "later");
    const path = join(folder, "flag");
    const last = watching(context, path, "present");
    await until("a look", () => last() === `false: ${path} is not there`);
    for (const round of ["first", "second"]) {
      mkdirSync(folder);
      await until(`the empty ${round} one`, () => last() === `false: ${path} is not there`);
      writeFileSync(path, "");
      await until(`it in the ${round} one`, () => last() === `true: ${path} is there`);
      rmSync(folder, { recursive: true });
    }
  });

  it("counts when its state has lasted", async (context) => {
    const path = join(openFolder(context), "flag");
    writeFileSync(path, "");
    const last = watching(context, path, "present", { downDelay: millis(300) });
    await until("a first look", () => last()?.startsWith("true"));
    const began = performance.now();
    rmSync(path);
    await until("its going to count", () => last()?.startsWith("false"), HEARD);
    assert.ok(performance.now() - began >= 300);
  });
});
