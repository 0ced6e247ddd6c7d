// Loaded with --import: writes down the address of every module that this process loads, in $LOADED_MODULES.
// @ts-check
import { appendFileSync } from "node:fs";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

if (isMainThread) register(import.meta.url);

/** @type {import("node:module").LoadHook} */
export async function load(url, context, nextLoad) {
  appendFileSync(process.env["LOADED_MODULES"] ?? "", `${url}\n`);
  return await nextLoad(url, context);
}
