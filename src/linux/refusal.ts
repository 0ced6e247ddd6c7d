/** What the kernel says no with, as a value. */
import { SystemError } from "dgram-extras";
import type { KernelRefusal } from "../netlink/refusal.ts";

/** Runs one call to the kernel, or to its files; a refusal is an ordinary outcome. */
export function refusalOf(call: () => void): KernelRefusal | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** What a caught error says if the kernel is its author: by our sockets, or by Node's file system calls. */
export function refusalIn(error: unknown): KernelRefusal | undefined {
  if (error instanceof SystemError) return refusalFrom(error);
  if (!isFileError(error)) return undefined;
  return { call: error.syscall, errno: Math.abs(error.errno), code: error.code, text: error.message };
}

export function refusalFrom({ call, errno, code, message: text }: SystemError): KernelRefusal {
  return { call, errno, code, text };
}

interface FileError extends Error {
  readonly syscall: string;
  readonly errno: number;
  readonly code: string;
}

function isFileError(error: unknown): error is FileError {
  if (!(error instanceof Error) || !("syscall" in error && "errno" in error && "code" in error)) return false;
  return typeof error.syscall === "string" && typeof error.errno === "number";
}

const ENODEV = 19;

export function noDevice(call: string): KernelRefusal {
  return { call, errno: ENODEV, code: "ENODEV", text: "the interface does not exist" };
}
