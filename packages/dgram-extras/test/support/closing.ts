import { after } from "node:test";

/** Closed when the test ends, however it ends: an open socket would keep the test process running. */
export function closing<Resource extends { close(): void }>(resource: Resource): Resource {
  after(() => resource.close());
  return resource;
}
