// A problem in the address's fragment, which no browser sends to a server.

import type { ProblemData } from "./problem";

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const blob = new Blob([bytes as BlobPart]);
  return new Uint8Array(await new Response(blob.stream().pipeThrough(stream)).arrayBuffer());
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

export async function linkTo(problem: ProblemData): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(problem));
  const packed = toBase64(await through(bytes, new CompressionStream("deflate-raw")));
  const text = packed.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${location.origin}${location.pathname}#p=${text}`;
}

/** The problem of an address; null where it holds none. */
export async function fromLink(fragment: string): Promise<ProblemData | null> {
  const found = /^#p=([\w-]+)$/.exec(fragment);
  if (found === null) return null;
  try {
    const text = atob(found[1]!.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const unpacked = await through(bytes, new DecompressionStream("deflate-raw"));
    return JSON.parse(new TextDecoder().decode(unpacked)) as ProblemData;
  } catch {
    return null;
  }
}
