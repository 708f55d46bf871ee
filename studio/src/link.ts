// A problem in the address's fragment, which no browser sends to a server.

import { asProblem, type ProblemData } from "./problem";

const MOST_BYTES = 8 << 20; // of what a link unfolds to

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const reader = new Blob([bytes as BlobPart]).stream().pipeThrough(stream).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST_BYTES) {
      void reader.cancel();
      throw new Error("too large");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

const MOST_LINK = 60_000; // characters: some programs cut longer addresses off

/** The page's address with a problem in it; null for a problem that no address has room for. */
export async function linkTo(problem: ProblemData): Promise<string | null> {
  const bytes = new TextEncoder().encode(JSON.stringify(problem));
  const packed = toBase64(await through(bytes, new CompressionStream("deflate-raw")));
  const text = packed.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return text.length > MOST_LINK ? null : `${location.origin}${location.pathname}#p=${text}`;
}

/** Whether an address says that it holds a problem. */
export const isLink = (fragment: string): boolean => fragment.startsWith("#p=");

/** The problem of an address; null where it is damaged. */
export async function fromLink(fragment: string): Promise<ProblemData | null> {
  try {
    const text = atob(fragment.slice(3).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const unpacked = await through(bytes, new DecompressionStream("deflate-raw"));
    return asProblem(JSON.parse(new TextDecoder().decode(unpacked)));
  } catch {
    return null;
  }
}
