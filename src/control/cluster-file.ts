/** A cluster file on disk as the verbs read it, with everything that is wrong with it as text. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { SecretReader } from "../config/authentication.ts";
import { findDirector } from "../config/director.ts";
import { type Cluster, loadCluster } from "../config/load.ts";
import { renderIssues } from "../config/render.ts";

type ClusterFile =
  | { readonly kind: "good"; readonly cluster: Cluster; readonly warnings: readonly string[] }
  | { readonly kind: "bad"; readonly issues: readonly string[] };

/** @param readSecret see `loadCluster` */
export function readClusterFile(file: string, readSecret?: SecretReader): ClusterFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return {
      kind: "bad",
      issues: [`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
  const loaded = loadCluster(text, file, readSecret);
  if (loaded.kind === "bad") return { kind: "bad", issues: renderIssues(loaded.issues, text) };
  return {
    kind: "good",
    cluster: loaded.cluster,
    warnings: renderIssues(loaded.warnings, text),
  };
}

type Director =
  | { readonly kind: "found"; readonly director: string }
  | { readonly kind: "unknown"; readonly issue: string };

/** @param node as given; by host name when `undefined` */
export function directorOf(cluster: Cluster, node: string | undefined): Director {
  const found = findDirector(cluster, { hostName: hostname(), ...(node === undefined ? {} : { node }) });
  return found.kind === "found"
    ? found
    : { kind: "unknown", issue: renderIssues([found.issue], "").join("") };
}
