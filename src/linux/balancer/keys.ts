/** Reads the keys of signed adverts that stand outside of the cluster file. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { SecretReader } from "../../config/authentication.ts";

/** 64 bytes in hexadecimal digits, and what stands around them. */
const MAX_TEXT = 256;
const OTHERS_MAY = 0o077;

export const readSecret: SecretReader = (source) => {
  if (source.kind === "file") return readFile(source.path);
  const text = process.env[source.variable];
  return text === undefined
    ? unreadable(`the environment has no ${source.variable}`)
    : { kind: "text", text };
};

/** One that others can read or write protects nothing. */
function readFile(path: string): ReturnType<SecretReader> {
  try {
    const descriptor = openSync(path, "r");
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) return unreadable(`${path} is no regular file`);
      if ((status.mode & OTHERS_MAY) !== 0)
        return unreadable(`others than its owner may use ${path}: chmod 600 ${path}`);
      const buffer = Buffer.alloc(MAX_TEXT + 1);
      const size = readSync(descriptor, buffer, 0, buffer.length, 0);
      return { kind: "text", text: buffer.toString("latin1", 0, size) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : `${path} cannot be read`);
  }
}

function unreadable(reason: string): ReturnType<SecretReader> {
  return { kind: "unreadable", reason };
}
