// Bars, a scale, a curve and a map, each an SVG or a canvas with its figures in words.

import { useEffect, useRef } from "preact/hooks";
import type { State, View } from "./api";
import { amount, clipped, percent, solution } from "./text";

/** The most probable measurements; a click shows one on the graph. */
export function Bars(props: {
  bars: State[];
  rest?: View["rest"];
  chosen: number;
  onChoose: (index: number) => void;
}) {
  const { bars, rest, chosen } = props;
  const most = Math.max(...bars.map((bar) => bar.probability ?? 0), 1e-12);
  return (
    <div class="bars">
      <ol aria-label="Most probable measurements">
        {bars.map((bar, i) => {
          const kind = bar.optimal ? "optimal" : bar.feasible === false ? "broken" : "plain";
          const what = bar.optimal ? "optimal" : bar.feasible === false ? "breaks a constraint" : "";
          return (
            <li key={bar.bitstring}>
              <button
                type="button"
                class="bar"
                aria-pressed={chosen === i}
                onClick={() => props.onChoose(i)}
                title={`${solution(bar.solution)}; energy ${amount(bar.energy)}`}
              >
                <code>{bar.bitstring.length > 16 ? clipped(bar.bitstring, 16) : bar.bitstring}</code>
                <span class="track">
                  <span class={`fill ${kind}`} style={{ width: `${(100 * (bar.probability ?? 0)) / most}%` }} />
                </span>
                <span class="figure">{percent(bar.probability)}</span>
                <span class="says">
                  {bar.objective === null ? "" : amount(bar.objective)}
                  {bar.optimal ? " ★" : ""}
                  {bar.feasible === false ? " ✗" : ""}
                  <span class="visually-hidden"> {what}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ol>
      <p class="hint">
        Bits in the order of the variables, 1 = selected; then the probability and the objective.
        ★ optimal{bars.some((bar) => bar.feasible === false) ? ", ✗ breaks a constraint" : ""}.
        {rest !== undefined && rest.states > 0 &&
          ` The other ${rest.states.toLocaleString("en")} states: ${percent(rest.probability)} together.`}
      </p>
    </div>
  );
}

/** How often each objective was measured, where there are too many states to list. */
export function Histogram(props: { rows: [number, number][]; shots: number }) {
  const { rows } = props;
  const width = 560;
  const height = 150;
  const most = Math.max(...rows.map((row) => row[1]), 1);
  const low = rows[0]?.[0] ?? 0;
  const high = rows[rows.length - 1]?.[0] ?? 1;
  const span = high - low || 1;
  const bar = Math.max(2, Math.min(24, (width - 20) / rows.length - 1));
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height + 24}`} role="img" aria-label={`Objectives of ${props.shots} shots, from ${amount(low)} to ${amount(high)}`}>
        {rows.map(([value, count]) => {
          const x = 10 + ((value - low) / span) * (width - 20 - bar);
          const h = (count / most) * height;
          return (
            <rect key={value} class="ink-accent" x={x} y={height - h} width={bar} height={h}>
              <title>{`${amount(value)}: ${count} of ${props.shots}`}</title>
            </rect>
          );
        })}
        <line class="stroke-line" x1="0" x2={width} y1={height} y2={height} />
        <text class="tick" x="10" y={height + 16}>{amount(low)}</text>
        <text class="tick" x={width - 10} y={height + 16} text-anchor="end">{amount(high)}</text>
      </svg>
      <figcaption>Objective of each of {props.shots.toLocaleString("en")} simulated shots</figcaption>
    </figure>
  );
}

/** The energy between the lowest and the highest there is. */
export function Scale(props: { energy: number; low: number; high: number; marks?: [string, number][] }) {
  const { energy, low, high } = props;
  const at = (value: number) => 4 + 92 * Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
  return (
    <div class="scale">
      <svg viewBox="0 0 100 9" preserveAspectRatio="none" role="img" aria-label={`Energy ${amount(energy)} between the lowest, ${amount(low)}, and the highest, ${amount(high)}`}>
        <line class="stroke-line" x1="4" x2="96" y1="4.5" y2="4.5" vector-effect="non-scaling-stroke" />
        <line class="stroke-optimal" x1="4" x2={at(energy)} y1="4.5" y2="4.5" vector-effect="non-scaling-stroke" />
        {(props.marks ?? []).map(([name, value]) => (
          <line key={name} class="stroke-quiet" x1={at(value)} x2={at(value)} y1="1.5" y2="7.5" vector-effect="non-scaling-stroke">
            <title>{`${name}: ${amount(value)}`}</title>
          </line>
        ))}
        <line class="stroke-mark" x1={at(energy)} x2={at(energy)} y1="0.5" y2="8.5" vector-effect="non-scaling-stroke" />
      </svg>
      <div class="ends">
        <span>{amount(low)} <small>best there is</small></span>
        <strong>{amount(energy)}</strong>
        <span>{amount(high)} <small>worst</small></span>
      </div>
    </div>
  );
}

/** Energies in the order in which an optimiser saw them, with the lowest so far. */
export function Curve(props: { values: number[]; low?: number | undefined; label: string }) {
  const width = 560;
  const height = 130;
  const all = props.values;
  const step = Math.max(1, Math.ceil(all.length / 400));
  const best: number[] = [];
  let lowest = Infinity;
  for (const value of all) {
    lowest = Math.min(lowest, value);
    best.push(lowest);
  }
  const floor = Math.min(props.low ?? lowest, lowest);
  const ceiling = Math.max(...all.slice(0, 5000), floor + 1e-9);
  const x = (i: number) => 6 + (i / Math.max(1, all.length - 1)) * (width - 12);
  const y = (value: number) => 6 + (1 - (value - floor) / (ceiling - floor)) * (height - 12);
  const path = (values: number[]) =>
    values
      .map((value, i) => [i, value] as const)
      .filter(([i]) => i % step === 0 || i === values.length - 1)
      .map(([i, value], k) => `${k === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`)
      .join("");
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${props.label}: from ${amount(all[0])} to ${amount(lowest)} in ${all.length} evaluations`}>
        {props.low !== undefined && <line class="stroke-quiet dashed" x1="6" x2={width - 6} y1={y(props.low)} y2={y(props.low)} />}
        <path class="stroke-sky" d={path(all)} />
        <path class="stroke-accent" d={path(best)} />
      </svg>
      <figcaption>{props.label}: {amount(all[0])} to {amount(lowest)} in {all.length.toLocaleString("en")} evaluations{props.low !== undefined ? "; dashed: the lowest there is" : ""}</figcaption>
    </figure>
  );
}

/** From blue (low) to light to orange (high). */
function shade(t: number): [number, number, number] {
  const stops: [number, number, number][] = [[0, 60, 110], [0, 114, 178], [190, 215, 230], [245, 205, 120], [200, 110, 20]];
  const place = Math.min(0.9999, Math.max(0, t)) * (stops.length - 1);
  const i = Math.floor(place);
  const f = place - i;
  const a = stops[i]!;
  const b = stops[i + 1]!;
  return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f];
}

/** Energies over γ and β at p = 1; a click takes the angles there. */
export function HeatMap(props: {
  gammas: number[];
  betas: number[];
  energies: number[];
  at: [number, number] | null;
  onPick: (gamma: number, beta: number) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { gammas, betas, energies } = props;
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(gammas.length, betas.length);
    const low = Math.min(...energies);
    const high = Math.max(...energies);
    energies.forEach((energy, i) => {
      const column = i % gammas.length;
      const row = betas.length - 1 - Math.floor(i / gammas.length);
      const [r, g, b] = shade((energy - low) / (high - low || 1));
      image.data.set([r, g, b, 255], 4 * (row * gammas.length + column));
    });
    context.putImageData(image, 0, 0);
  }, [energies]);
  const [g0, g1] = [gammas[0]!, gammas[gammas.length - 1]!];
  const [b0, b1] = [betas[0]!, betas[betas.length - 1]!];
  const inside = props.at !== null && props.at[0] >= g0 && props.at[0] <= g1 && props.at[1] >= b0 && props.at[1] <= b1;
  return (
    <figure class="heat">
      <div class="map">
        <canvas
          ref={canvas}
          width={gammas.length}
          height={betas.length}
          role="img"
          aria-label={`Energy at p = 1 over γ from ${amount(g0)} to ${amount(g1)} and β from ${amount(b0)} to ${amount(b1)}. The sliders reach the same angles.`}
          onPointerDown={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            const u = (event.clientX - box.left) / box.width;
            const v = 1 - (event.clientY - box.top) / box.height;
            props.onPick(g0 + u * (g1 - g0), b0 + v * (b1 - b0));
          }}
        />
        {inside && (
          <span
            class="here"
            style={{
              left: `${(100 * (props.at![0] - g0)) / (g1 - g0)}%`,
              bottom: `${(100 * (props.at![1] - b0)) / (b1 - b0)}%`,
            }}
          />
        )}
      </div>
      <figcaption>Energy at p = 1: γ from {amount(g0)} to {amount(g1, 3)} to the right, β from {amount(b0, 3)} to {amount(b1, 3)} upward; blue is low. Click to take angles.</figcaption>
    </figure>
  );
}
