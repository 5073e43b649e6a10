import type { RunningService } from "../service/index.ts";

/** How many requests of a purpose the service itself has counted. */
export async function requestsCounted({ adminUrl }: RunningService, purpose: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith("health_code_requests_total{") && line.includes(`purpose="${purpose}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
