/** `keelson schema`: for editors that complete and check a cluster file while it is written. */
import { clusterJsonSchema } from "../config/schema.ts";
import { EXIT } from "./exit-code.ts";

export async function run(): Promise<number> {
  console.log(JSON.stringify(clusterJsonSchema(), undefined, 2));
  return EXIT.done;
}
