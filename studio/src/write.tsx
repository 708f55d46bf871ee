// How circuits are asked for, and what happens meanwhile.

import type { About, Facts } from "./api";
import { words } from "./text";

export interface Asked {
  model: string;
  algorithm: string;
  layers: string;
  samples: string;
  refine: boolean;
  withQaoa: boolean;
  device: string;
  seed: string;
}

export const DEFAULTS: Asked = {
  model: "nano", algorithm: "", layers: "", samples: "", refine: false, withQaoa: false, device: "", seed: "0",
};

const whole = (text: string): number | null => (/^\d+$/.test(text.trim()) ? Number(text) : null);

/** The fields of a request for a run. */
export function requestOf(asked: Asked): Record<string, unknown> {
  return {
    model: asked.model,
    algorithm: asked.algorithm === "" ? null : asked.algorithm,
    layers: whole(asked.layers),
    samples: whole(asked.samples),
    refine: asked.refine,
    with_qaoa: asked.withQaoa && asked.model !== "designer",
    device: asked.device.trim() === "" ? null : asked.device.trim(),
    seed: whole(asked.seed) ?? 0,
  };
}

export interface Progress {
  text: string;
  count: number;
  seconds: number;
  cancelling: boolean;
}

export function WriteForm(props: {
  about: About;
  asked: Asked;
  facts: Facts | null;
  progress: Progress | null;
  failure: string | null;
  onAsked: (asked: Asked) => void;
  onStart: () => void;
  onCancel: () => void;
}) {
  const { about, asked, facts, progress } = props;
  const set = (change: Partial<Asked>) => props.onAsked({ ...asked, ...change });
  const refused = facts?.refused[asked.model];
  const ready = facts !== null && refused === undefined && progress === null;
  return (
    <form
      class="write"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) props.onStart();
      }}
    >
      <div class="row">
        <label class="field">
          <span>Model</span>
          <select value={asked.model} onChange={(event) => set({ model: event.currentTarget.value })}>
            {about.models.map((name) => <option key={name} value={name}>{name === "nano" ? "nano (language model)" : name === "designer" ? "designer (classical search)" : name}</option>)}
          </select>
        </label>
        <label class="field">
          <span>Algorithm</span>
          <select value={asked.algorithm} onChange={(event) => set({ algorithm: event.currentTarget.value })}>
            <option value="">any</option>
            {["qaoa", "vqe", "adaptive_vqe"].map((name) => <option key={name} value={name}>{words(name)}</option>)}
          </select>
        </label>
        <label class="field narrow">
          <span>Layers</span>
          <input inputMode="numeric" pattern="[0-9]*" placeholder="auto" value={asked.layers} onInput={(event) => set({ layers: event.currentTarget.value })} />
        </label>
      </div>
      <div class="row checks">
        <label><input type="checkbox" checked={asked.refine} onChange={(event) => set({ refine: event.currentTarget.checked })} /> Refine: try again with the verdict, polish angles</label>
        <label class={asked.model === "designer" ? "off" : undefined}>
          <input type="checkbox" disabled={asked.model === "designer"} checked={asked.withQaoa && asked.model !== "designer"} onChange={(event) => set({ withQaoa: event.currentTarget.checked })} /> With QAOA beside it
        </label>
      </div>
      <details>
        <summary>Attempts, device, seed</summary>
        <div class="row">
          <label class="field narrow">
            <span>Attempts</span>
            <input inputMode="numeric" pattern="[0-9]*" placeholder="auto" value={asked.samples} onInput={(event) => set({ samples: event.currentTarget.value })} />
          </label>
          <label class="field">
            <span>Device</span>
            <input list="devices" placeholder="none: an ideal machine" value={asked.device} onInput={(event) => set({ device: event.currentTarget.value })} />
            <datalist id="devices">{about.devices.map((name) => <option key={name} value={name} />)}</datalist>
          </label>
          <label class="field narrow">
            <span>Seed</span>
            <input inputMode="numeric" pattern="[0-9]*" value={asked.seed} onInput={(event) => set({ seed: event.currentTarget.value })} />
          </label>
        </div>
      </details>
      {refused !== undefined && <p class="failure" role="alert">{refused}</p>}
      {asked.device !== "" && facts !== null && facts.n_qubits > 12 && (
        <p class="note">Noise is simulated shot by shot beyond 12 qubits: this takes minutes.</p>
      )}
      <div class="row">
        {progress === null ? (
          <button type="submit" class="primary" disabled={!ready}>Write circuits</button>
        ) : (
          <button type="button" class="primary" onClick={props.onCancel}>{progress.cancelling ? "End at once" : "Stop, keep what is there"}</button>
        )}
        <p class="progress" role="status">
          {progress !== null && (
            <>
              <progress aria-label="Working" /> {progress.cancelling ? "finishing" : progress.text} … {progress.count > 0 && `${progress.count} verified, `}
              {progress.seconds.toFixed(0)} s
            </>
          )}
        </p>
      </div>
      {props.failure !== null && <p class="failure" role="alert">{props.failure}</p>}
    </form>
  );
}
