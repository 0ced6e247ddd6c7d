/** The kernel's IPVS for the verbs of `keelson ipvs`, or one line about why it cannot be asked. */
import { namespacePath } from "../config/namespace.ts";
import { namespaceProblem } from "../linux/namespace.ts";
import { IpvsClient } from "../linux/netlink/ipvs-client.ts";
import { refusalOf } from "../linux/refusal.ts";
import { Journal } from "../linux/state/journal.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import { type Given, optionValue } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";

/**
 * In the network namespace that is asked for, or where Keelson keeps its table on this host.
 *
 * @param act answers with the exit code; gets the path of another namespace than that of this process
 */
export function withIpvs(
  verb: string,
  given: Given,
  act: (client: IpvsClient, namespace: string | undefined) => number,
): number {
  const asked = given.values.get("namespace");
  const namespace =
    asked === undefined
      ? new Journal(optionValue(given, "state-dir")).tablePlace?.namespace
      : namespacePath(asked);
  const problem =
    asked !== undefined && namespace === undefined
      ? `${asked} is neither the name of a network namespace nor a path`
      : namespace && namespaceProblem(namespace);
  if (problem !== undefined) {
    console.error(`keelson ${verb}: ${problem}`);
    return EXIT.refused;
  }
  let code: number = EXIT.refused;
  const failed = refusalOf(() => {
    const client = new IpvsClient(namespace);
    try {
      const absent = client.resolve();
      if (absent === undefined) code = act(client, namespace);
      else
        console.error(
          `keelson ${verb}: this kernel offers no IPVS (${absent.code}: ${absent.text}): modprobe ip_vs`,
        );
    } finally {
      client.close();
    }
  });
  if (failed === undefined) return code;
  console.error(`keelson ${verb}: ${refusalText(failed)}`);
  return EXIT.refused;
}

function refusalText({ code, text }: KernelRefusal): string {
  return code === "EPERM" ? `the kernel shows its table to root only (${code}: ${text})` : `${code}: ${text}`;
}
