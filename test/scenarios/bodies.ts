/** Bodies of every kind, sent with a secret from `setup`. `--var file=<path>` is a file to upload. */
import { pathToFileURL } from "node:url";
import { defineScenario } from "peakproof";
import { citizens, fileBytes } from "peakproof/generators";

export default defineScenario(({ variables }) => {
  const file = pathToFileURL(variables["file"] ?? "");
  const proof = (at: { setup: { secret: string } }): Record<string, string> => ({ "x-session": at.setup.secret });
  return defineScenario({
    name: "bodies",
    target: "http://127.0.0.1:1",
    load: { peak: { ratePerSec: 80 }, multiples: [1], hold: "2s", warmup: "0s" },
    connections: { deadline: "2s" },
    users: citizens({ pool: 50 }),
    setup: async ({ target, headers, signal, fetch }) => {
      const reply = await fetch(`${target}/session`, { method: "POST", headers, signal });
      return reply.json();
    },
    operations: {
      form: {
        kind: "write",
        weight: 1,
        request: (user, at) => ({
          method: "POST",
          path: "/form",
          headers: proof(at),
          form: { name: user.name, note: "a & b = c+d", at: String(at.index) },
        }),
      },
      photo: {
        kind: "write",
        weight: 1,
        request: (_user, at) => ({
          method: "PUT",
          path: "/photo",
          headers: { ...proof(at), "content-type": "image/png" },
          body: fileBytes(file),
        }),
      },
      upload: {
        kind: "write",
        weight: 1,
        request: (user, at) => ({
          method: "POST",
          path: "/upload",
          headers: proof(at),
          multipart: [
            { name: "name", content: user.name },
            { name: "photo", filename: '照片 "1".png', type: "image/png", content: fileBytes(file) },
          ],
        }),
      },
      report: {
        kind: "write",
        weight: 1,
        request: (user, at) => ({ method: "POST", path: "/report", headers: proof(at), json: user.report(at) }),
      },
      refused: {
        kind: "read",
        weight: 1,
        request: (_user, at) => ({ path: `/refused?by=${at.setup.secret}`, headers: proof(at) }),
      },
    },
    cleanup: { none: "the target keeps nothing beyond its test" },
  });
});
