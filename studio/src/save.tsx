// Files that the browser saves; pictures carry their own colours, on white.

import { render } from "preact";
import type { Candidate } from "./api";
import { AnswerView } from "./answer";
import { Circuit } from "./circuit";
import { pause } from "./layout";

export function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const saveText = (name: string, text: string): void => saveBlob(name, new Blob([text], { type: "text/plain" }));

export type Kind = "answer" | "circuit";

export function pictures(candidate: Candidate): [Kind, string][] {
  const found: [Kind, string][] = [];
  if (candidate.view.answers[0] != null) found.push(["answer", "Answer"]);
  if (candidate.view.circuit !== null) found.push(["circuit", "Circuit"]);
  return found;
}

const COPIED = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family", "font-weight", "text-anchor", "paint-order",
];

/** The picture as the page would draw it by daylight, with its styles written into it. */
async function svgOf(candidate: Candidate, kind: Kind): Promise<SVGSVGElement> {
  const stage = document.createElement("div");
  stage.className = "stage light";
  document.body.append(stage);
  try {
    const { answers, circuit } = candidate.view;
    render(kind === "answer" ? <AnswerView answer={answers[0]!} places={{}} /> : <Circuit circuit={circuit!} />, stage);
    let drawn: SVGSVGElement | null = null;
    for (let i = 0; i < 400 && drawn === null; i += 1) {
      await pause();
      drawn = stage.querySelector<SVGSVGElement>(`[data-picture=${kind}]`);
    }
    if (drawn === null) throw new Error("the picture could not be drawn");
    const copy = drawn.cloneNode(true) as SVGSVGElement;
    const originals = [drawn, ...drawn.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
      const computed = getComputedStyle(originals[i]!);
      for (const name of COPIED) {
        const value = computed.getPropertyValue(name);
        if (value !== "" && value !== "none" && value !== "normal") element.setAttribute(name, value);
      }
      if (computed.fill === "none") element.setAttribute("fill", "none");
      element.removeAttribute("class");
      element.removeAttribute("style");
    });
    const box = drawn.viewBox.baseVal;
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", String(box.width));
    copy.setAttribute("height", String(box.height));
    return copy;
  } finally {
    render(null, stage);
    stage.remove();
  }
}

export async function savePicture(candidate: Candidate, kind: Kind, format: "svg" | "png"): Promise<void> {
  const svg = await svgOf(candidate, kind);
  const text = new XMLSerializer().serializeToString(svg);
  const blob = new Blob([text], { type: "image/svg+xml" });
  if (format === "svg") {
    saveBlob(`${kind}.svg`, blob);
    return;
  }
  const image = new Image();
  const url = URL.createObjectURL(blob);
  await new Promise((done, failed) => {
    image.onload = done;
    image.onerror = failed;
    image.src = url;
  });
  const width = Number(svg.getAttribute("width"));
  const height = Number(svg.getAttribute("height"));
  const scale = Math.min(2, 8000 / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  canvas.toBlob((made) => saveBlob(`${kind}.png`, made!), "image/png");
}
