// Numbers and solutions in words.

export function amount(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 6 });
}

/** A probability; never "100%" for less than certain, nor "0%" for more than impossible. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value > 0 && value < 0.0005) return "<0.1%";
  if (value < 1 && value > 0.9995) return ">99.9%";
  return `${(100 * value).toFixed(value < 0.1 ? 2 : 1).replace(/\.?0+$/, "")}%`;
}

export function shots(count: number | null | undefined): string {
  return count === null || count === undefined ? "never" : count.toLocaleString("en");
}

export function solution(value: unknown): string {
  if (!Array.isArray(value)) return value === null || value === undefined ? "–" : JSON.stringify(value);
  const parts = value.map((part) => (typeof part === "string" ? part : JSON.stringify(part)));
  return parts.length === 0 ? "none" : parts.join(", ");
}

export function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

export const words = (name: string): string => name.replaceAll("_", " ");

/** With a capital letter in front. */
export const opened = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
