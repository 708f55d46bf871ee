// The circuit: scrolled, zoomed, a title on every gate; gates without effect are pale.

import { useMemo, useRef, useState } from "preact/hooks";
import type { CircuitView, Item } from "./api";
import { amount, clipped } from "./text";

const ROW = 34;
const COLUMN = 46;
const BOX = 26;
const WIRE = 13; // letters of a wire's name

const angle = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 1).replace(/\.?0+$/, "");

const NAMES: Record<string, string> = {
  "z-product": "Z⋯Z", sdg: "S†", tdg: "T†", sx: "√X", rx: "RX", ry: "RY", rz: "RZ", U: "U", swap: "swap",
};

function titled(item: Item, wire: (qubit: number) => string): string {
  const name = item.name === "z-product" ? `exp(-iθ/2 ${item.qubits.map(() => "Z").join("")})` : item.name;
  const angles = item.params.length === 0 ? "" : `, angle ${item.params.map((v) => amount(v, 6)).join(", ")}`;
  const idle = item.idle ? "; changes nothing that is measured" : "";
  const many = item.gates > 1 ? `; ${item.gates} gates` : "";
  return `${name} on ${item.qubits.map(wire).join(", ")}${angles}${many}${idle}`;
}

function Gate({ index, item, wire }: { index: number; item: Item; wire: (qubit: number) => string }) {
  const x = item.column * COLUMN + COLUMN / 2;
  const ys = item.qubits.map((qubit) => qubit * ROW + ROW / 2);
  const low = Math.min(...ys);
  const high = Math.max(...ys);
  const parts = [];
  if (ys.length > 1) parts.push(<line key="l" class="stroke-accent" x1={x} x2={x} y1={low} y2={high} />);
  const box = (y: number, text: string, key: string) => (
    <g key={key}>
      <rect class="gate" x={x - BOX / 2 - 5} y={y - BOX / 2} width={BOX + 10} height={BOX} rx="3" />
      <text class="gate-name" x={x} y={y + (item.params.length > 0 ? -1 : 4)}>{clipped(text, 5)}</text>
      {item.params.length > 0 && <text class="gate-angle" x={x} y={y + 9}>{clipped(item.params.map(angle).join(","), 8)}</text>}
    </g>
  );
  const dot = (y: number, key: string) => <circle key={key} class="ink-accent" cx={x} cy={y} r="4" />;
  const target = (y: number) => (
    <g key="t">
      <circle class="target" cx={x} cy={y} r="9" />
      <path class="stroke-accent" d={`M${x - 9} ${y}h18M${x} ${y - 9}v18`} />
    </g>
  );
  const { name } = item;
  const last = ys[ys.length - 1]!;
  if (name === "z-product") {
    ys.forEach((y, i) => parts.push(dot(y, `d${i}`)));
    parts.push(
      <g key="a">
        <rect class="gate" x={x - 18} y={(low + high) / 2 - 8} width="36" height="16" rx="8" />
        <text class="gate-angle" x={x} y={(low + high) / 2 + 3}>{angle(item.params[0] ?? 0)}</text>
      </g>,
    );
  } else if (["cx", "CX", "ccx"].includes(name)) {
    ys.slice(0, -1).forEach((y, i) => parts.push(dot(y, `d${i}`)));
    parts.push(target(last));
  } else if (name === "cz") {
    ys.forEach((y, i) => parts.push(dot(y, `d${i}`)));
  } else if (name === "swap" || name === "cswap") {
    if (name === "cswap") parts.push(dot(ys[0]!, "d"));
    for (const y of ys.slice(name === "cswap" ? 1 : 0)) {
      parts.push(<path key={`x${y}`} class="stroke-accent" d={`M${x - 6} ${y - 6}l12 12M${x - 6} ${y + 6}l12 -12`} />);
    }
  } else if (ys.length > 1 && name.startsWith("c")) {
    ys.slice(0, -1).forEach((y, i) => parts.push(dot(y, `d${i}`)));
    parts.push(box(last, NAMES[name.slice(1)] ?? name.slice(1).toUpperCase(), "b"));
  } else {
    ys.forEach((y, i) => parts.push(box(y, NAMES[name] ?? name.toUpperCase(), `b${i}`)));
  }
  return (
    <g data-gate={index} class={item.idle ? "idle" : undefined}>
      <title>{titled(item, wire)}</title>
      {parts}
    </g>
  );
}

export function Circuit({ circuit }: { circuit: CircuitView }) {
  const [zoom, setZoom] = useState(1);
  const [at, setAt] = useState<number | null>(null);
  const mark = useRef<SVGRectElement>(null);
  const wire = (qubit: number) => circuit.names[String(qubit)] ?? `q${qubit}`;
  const named = Object.values(circuit.names);
  const margin = named.length === 0 ? 34 : Math.min(110, 30 + 7 * Math.max(...named.map((name) => Math.min(name.length, WIRE))));
  const width = margin + (circuit.columns + 1) * COLUMN;
  const height = circuit.n_qubits * ROW;
  const idle = circuit.items.some((item) => item.idle);
  const count = circuit.items.length;
  const gates = useMemo(
    () => circuit.items.map((item, i) => <Gate key={i} index={i} item={item} wire={wire} />),
    [circuit],
  );
  const told = at === null ? null : circuit.items[at]!;
  const step = (by: number) => {
    setAt((old) => (old === null ? (by > 0 ? 0 : count - 1) : (old + by + count) % count));
    requestAnimationFrame(() => mark.current?.scrollIntoView({ block: "nearest", inline: "nearest" }));
  };
  const point = (event: { target: EventTarget | null }) => {
    const gate = event.target instanceof Element ? event.target.closest("[data-gate]") : null;
    if (gate !== null) setAt(Number(gate.getAttribute("data-gate")));
  };
  return (
    <div class="circuit">
      <div class="toolbar" role="group" aria-label="Size and gates of the circuit">
        <button type="button" onClick={() => setZoom(Math.max(0.3, zoom / 1.25))} aria-label="Smaller">−</button>
        <button type="button" onClick={() => setZoom(1)}>{Math.round(100 * zoom)}%</button>
        <button type="button" onClick={() => setZoom(Math.min(3, zoom * 1.25))} aria-label="Larger">+</button>
        <span class="spacer" />
        <button type="button" disabled={count === 0} onClick={() => step(-1)} aria-label="Gate before">‹</button>
        <button type="button" disabled={count === 0} onClick={() => step(1)} aria-label="Next gate">›</button>
      </div>
      <div
        class="scroll"
        tabIndex={0}
        role="region"
        aria-label="Circuit, to be scrolled"
        onPointerOver={point}
        onClick={point}
        onWheel={(event) => {
          if (!event.ctrlKey) return;
          event.preventDefault();
          setZoom(Math.min(3, Math.max(0.3, zoom * (event.deltaY < 0 ? 1.1 : 0.9))));
        }}
      >
        <svg
          data-picture="circuit"
          width={width * zoom}
          height={height * zoom}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={`Circuit of ${circuit.n_qubits} qubits with ${count} parts in ${circuit.columns} columns`}
        >
          {Array.from({ length: circuit.n_qubits }, (_, qubit) => (
            <g key={qubit}>
              <title>{wire(qubit)}</title>
              <line class="stroke-line" x1={margin - 4} x2={width - 6} y1={qubit * ROW + ROW / 2} y2={qubit * ROW + ROW / 2} />
              <text class="wire" x={margin - 8} y={qubit * ROW + ROW / 2 + 4}>{clipped(wire(qubit), WIRE)}</text>
            </g>
          ))}
          <g transform={`translate(${margin} 0)`}>
            {told !== null && (
              <rect
                ref={mark}
                class="told"
                x={told.column * COLUMN + 1}
                y={Math.min(...told.qubits) * ROW + 1}
                width={COLUMN - 2}
                height={(Math.max(...told.qubits) - Math.min(...told.qubits) + 1) * ROW - 2}
                rx="4"
              />
            )}
            {gates}
            {circuit.measured.map((qubit) => (
              <g key={`m${qubit}`}>
                <title>{`measured: ${wire(qubit)}`}</title>
                <rect class="gate" x={circuit.columns * COLUMN + 10} y={qubit * ROW + ROW / 2 - 11} width="24" height="22" rx="3" />
                <path class="stroke-accent" d={`M${circuit.columns * COLUMN + 14} ${qubit * ROW + ROW / 2 + 6}a8 8 0 0 1 16 0M${circuit.columns * COLUMN + 22} ${qubit * ROW + ROW / 2 + 6}l6 -11`} fill="none" />
              </g>
            ))}
          </g>
        </svg>
      </div>
      <p class="told-gate" aria-live="polite">{told === null ? "Point at a gate, or tap it, for its angle." : titled(told, wire)}</p>
      {(circuit.left_out > 0 || idle) && (
        <p class="hint">
          {circuit.left_out > 0 && `${circuit.left_out.toLocaleString("en")} further gates are not drawn. `}
          {idle && "Pale gates change nothing that is measured."}
        </p>
      )}
    </div>
  );
}
