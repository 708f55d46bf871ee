// The colours of the project's pictures (Okabe and Ito), for what CSS does not draw.

export const GROUPS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#f0e442", "#d55e00"];
/** Text on each of them. */
export const ON_GROUPS = ["#ffffff", "#1f2430", "#ffffff", "#1f2430", "#1f2430", "#1f2430", "#ffffff"];

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Calls back when the user's system turns dark or light. */
export function onTheme(change: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", change);
  return () => query.removeEventListener("change", change);
}
