import fc from "fast-check";
import { Client, type Dispatcher } from "undici";
import { expect, it } from "vitest";
import { askingClient, type AskingClient } from "../../test/asking-client.ts";
import { oddReply, type OddReply } from "../../test/odd-replies.ts";
import { startRawServer } from "../../test/raw-server.ts";

/** How many replies are compared; 100,000 take about a minute. The number is the seed, too. */
const count = Number(process.env["PEAKPROOF_ODD_REPLIES"] ?? 1_500);

/** `body` is one character per byte. */
interface Verdict {
  readonly status: number;
  readonly body: string;
  readonly error: string | null;
}

interface Difference {
  readonly reply: OddReply;
  readonly ours: Verdict;
  readonly theirs: Verdict;
}

/** Where we mean to differ from llhttp and undici, and why. */
const accepted: readonly { readonly why: string; readonly holds: (difference: Difference) => boolean }[] = [
  {
    why:
      "A 100 that nobody asked for: undici breaks the connection, but a client must be able to skip any interim reply " +
      "(RFC 9110, section 15.2), and a proxy under load may well send one.",
    holds: ({ reply, ours, theirs }) => ours.error === null && theirs.error === "bad response" && reply.text.includes(" 100"),
  },
  {
    why:
      "Content-Length twice with the same value: RFC 9110, section 8.6 allows a recipient to take it as one, and browsers do; " +
      "counting such a reply as failed would blame the server for what its users never notice.",
    holds: ({ reply, ours, theirs }) =>
      ours.error === null &&
      theirs.error !== null &&
      /content-length:\s*0*(\d+)\s*\r\n(?:.+\r\n)*content-length:\s*0*\1\s*\r\n/i.test(reply.text),
  },
  {
    why:
      "Bytes after the end of the reply: undici takes the reply and breaks the connection afterwards; we fail the exchange, since " +
      "such a server's next reply would be taken for somebody else's.",
    holds: ({ ours, theirs }) =>
      ours.error === "reading:malformed-leftover" && theirs.error === null && ours.status === theirs.status,
  },
  {
    why:
      "An empty line before the status line: llhttp skips it, but only servers are told to be that lenient (RFC 9112, section 2.2); " +
      "on a kept-alive connection it means that the reply before was longer than it said.",
    holds: ({ reply, ours, theirs }) =>
      (ours.error === "reading:malformed-status-line" || ours.error === "reading:malformed-line-end") &&
      theirs.error === null &&
      /^(?:HTTP\/1\.1 1(?:.+\r\n)+\r\n)?[\r\n]/.test(reply.text),
  },
  {
    why:
      "White space in a chunk's extension (`5; a`): RFC 9112, section 7.1.1 tells recipients to read and drop it; llhttp refuses it, " +
      "as any character it has no rule for. We only refuse control characters, since extensions mean nothing to us.",
    holds: ({ ours, theirs }) => ours.error === null && theirs.error?.includes("chunk extensions") === true,
  },
  {
    why: "Framing fields among the trailers: they must be ignored there (RFC 9110, section 6.5.1); llhttp lets them contradict the head.",
    holds: ({ reply, ours, theirs }) =>
      ours.error === null &&
      /Content-Length/.test(theirs.error ?? "") &&
      /\r\n0+(?:;.*)?\r\n(?:.+\r\n)*content-length/i.test(reply.text),
  },
  {
    why:
      "An empty member in Transfer-Encoding (`chunked,`): empty members do not count (RFC 9110, section 5.6.1), so the reply is chunked; " +
      "llhttp reads it to the end of the connection and hands out the chunk sizes as body.",
    holds: ({ reply, theirs }) => theirs.error === null && /transfer-encoding: *chunked,\r/i.test(reply.text),
  },
  {
    why: "A control character in the reason phrase: RFC 9112, section 4 forbids it, as in field values, where llhttp refuses it, too.",
    holds: ({ reply, ours, theirs }) =>
      ours.error === "reading:malformed-status-line" && theirs.error === null && /HTTP\/1\.[01] \d{3} .*\p{Cc}/u.test(reply.text),
  },
  {
    why:
      "HTTP/0.9 or HTTP/2.0 in the status line: llhttp takes both; neither has heads like ours (RFC 9112, section 2.3), so whoever " +
      "says so is not to be believed in the rest.",
    holds: ({ reply, ours, theirs }) =>
      ours.error === "reading:malformed-status-line" && theirs.error === null && /HTTP\/(?:0\.9|2\.0) /.test(reply.text),
  },
  {
    why: "White space after the length: it is legal around any value (RFC 9110, section 5.5); undici adds it to the number as a digit.",
    holds: ({ reply, ours, theirs }) =>
      ours.error === null &&
      /does not match content-length/.test(theirs.error ?? "") &&
      /content-length:[ \t]*\d+[ \t]+\r/i.test(reply.text),
  },
  {
    why:
      "`Connection: close` in an interim reply: llhttp takes it for the end of the connection; the final reply is still owed, " +
      "so we read on, and go by what that one says.",
    holds: ({ ours, theirs }) =>
      ours.error === null && theirs.status < 200 && /Data after `Connection: close`/.test(theirs.error ?? ""),
  },
  {
    why:
      "An empty Transfer-Encoding beside a Content-Length: llhttp goes by the length, as if the field were not there; where both are " +
      "present we refuse, whatever they say, since that is how replies are smuggled (RFC 9112, section 6.3).",
    holds: ({ reply, ours, theirs }) =>
      ours.error === "reading:malformed-transfer-encoding" && theirs.error === null && /transfer-encoding: *\r/i.test(reply.text),
  },
  {
    why: "A length beyond 64 bits on a reply that has no body (HEAD, 1xx, 204, 304): nobody reads that many bytes, so it does no harm.",
    holds: ({ reply, ours, theirs }) =>
      ours.error === null && theirs.error !== null && /content-length: *\d{20,}\r/i.test(reply.text),
  },
];

async function ask(wire: AskingClient, { isHead }: OddReply, number: number): Promise<Verdict> {
  const request = `${isHead ? "HEAD" : "GET"} /${number} HTTP/1.1\r\nhost: test\r\n\r\n`;
  const { status, body, error } = await wire.ask({ request, isHead, keepBody: true });
  return { status, body: body?.toString("latin1") ?? "", error };
}

async function askUndici(port: number, { isHead }: OddReply, number: number): Promise<Verdict> {
  const client = new Client(`http://127.0.0.1:${port}`, { allowH2: false });
  const verdict = await new Promise<Verdict>((resolve) => {
    let status = 0;
    let body = "";
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, code) => {
        status = code;
      },
      onResponseData: (_controller, bytes) => {
        body += bytes.toString("latin1");
      },
      onResponseEnd: () => resolve({ status, body, error: null }),
      onResponseError: (_controller, error) => resolve({ status, body, error: error.message }),
    };
    client.dispatch({ path: `/${number}`, method: isHead ? "HEAD" : "GET" }, handler);
  });
  await client.destroy();
  return verdict;
}

function isSame(ours: Verdict, theirs: Verdict): boolean {
  if (ours.error !== null || theirs.error !== null) return ours.error !== null && theirs.error !== null;
  return ours.status === theirs.status && ours.body === theirs.body;
}

it(
  `judges ${count} odd replies as undici does, but for the differences argued above`,
  { timeout: 60_000 + count * 4 },
  async () => {
    const replies = fc.sample(oddReply, { numRuns: count, seed: count });
    const server = await startRawServer((socket, request) => {
      const reply = replies[Number(/ \/(\d+) /.exec(request)?.[1])];
      socket.end(Buffer.from(reply?.text ?? "", "latin1"));
    });
    using wire = askingClient(server.port, { policy: "fresh" });
    const unexplained: Difference[] = [];
    let agreed = 0;
    let next = 0;
    const compare = async (): Promise<void> => {
      while (next < replies.length) {
        const number = next++;
        const reply = replies[number] ?? { isHead: false, text: "" };
        const ours = await ask(wire, reply, number);
        const theirs = await askUndici(server.port, reply, number);
        if (isSame(ours, theirs)) agreed += 1;
        else if (!accepted.some(({ holds }) => holds({ reply, ours, theirs }))) unexplained.push({ reply, ours, theirs });
      }
    };
    await Promise.all(Array.from({ length: 16 }, compare));
    await server.close();
    expect(unexplained.map((difference) => JSON.stringify(difference))).toEqual([]);
    expect(agreed).toBeGreaterThan(count * 0.9);
  },
);
