import assert from "node:assert/strict";
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { unsafeProgram } from "../../src/delivery/path-safety.ts";
import { IS_ROOT, openFolder, program } from "./support.ts";

const SOMEBODY = 65_534;

/** Changes one thing; returns the path to ask for. `path` is `folder/inside/program`. */
type Change = (folder: string, inside: string, path: string) => string | undefined;

describe("a program that root may run", { skip: !IS_ROOT }, () => {
  const cases: [string, Change, string | undefined][] = [
    ["belongs to root, with all that leads to it", () => undefined, undefined],
    ["may be reached by a link of root's", (folder, _, path) => link(path, join(folder, "link")), undefined],
    [
      "may be reached by a relative link",
      (folder) => link("inside/program", join(folder, "link")),
      undefined,
    ],
    ["may lie in a sticky directory", (_, inside) => void chmodSync(inside, 0o1777), undefined],
    ["may be writable by root's group", (_, __, path) => void chmodSync(path, 0o775), undefined],
    [
      "belongs to nobody else",
      (_, __, path) => void chownSync(path, SOMEBODY, 0),
      "program does not belong to root",
    ],
    [
      "is in no directory of others",
      (_, inside) => void chownSync(inside, SOMEBODY, 0),
      "inside does not belong to root",
    ],
    [
      "is not writable by all",
      (_, __, path) => void chmodSync(path, 0o757),
      "program can be written by everybody",
    ],
    [
      "is in no directory that all may write",
      (_, inside) => void chmodSync(inside, 0o757),
      "inside can be written by everybody",
    ],
    [
      "is not writable by another group",
      (_, __, path) => groupWritable(path),
      "program can be written by a group that is not root's",
    ],
    [
      "is in no directory of another group",
      (_, inside) => groupWritable(inside),
      "inside can be written by a group that is not root's",
    ],
    ["is executable", (_, __, path) => void chmodSync(path, 0o644), "program is not executable"],
    ["is a file", (_, inside) => inside, "inside is no regular file"],
    ["is there", (folder) => join(folder, "none"), "no such file or directory, lstat"],
    [
      "is reached by no link of others",
      (folder, _, path) => linkOfOthers(path, join(folder, "link")),
      "link does not belong to root",
    ],
    [
      "is not hidden behind a link to what others can change",
      (folder, inside, path) => {
        chmodSync(inside, 0o777);
        return link(path, join(folder, "link"));
      },
      "inside can be written by everybody",
    ],
    ["is reached at all", (folder) => link("link", join(folder, "link")), "too many symbolic links"],
  ];
  for (const [name, change, expected] of cases) {
    it(name, (context) => {
      const folder = openFolder(context);
      const inside = join(folder, "inside");
      mkdirSync(inside);
      const path = program(inside);
      const problem = unsafeProgram(change(folder, inside, path) ?? path);
      if (expected === undefined) assert.equal(problem, undefined);
      else assert.ok(problem?.includes(expected), problem);
    });
  }
});

function link(target: string, path: string): string {
  symlinkSync(target, path);
  return path;
}

function linkOfOthers(target: string, path: string): string {
  link(target, path);
  lchownSync(path, SOMEBODY, 0);
  return path;
}

function groupWritable(path: string): undefined {
  chownSync(path, 0, SOMEBODY);
  chmodSync(path, 0o775);
}
