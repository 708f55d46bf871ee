// How circuits are asked for, and what happens meanwhile.

import { useEffect, useRef, useState } from "preact/hooks";
import { sentence, type About, type Facts } from "./api";
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

/** A model behind an address, that the user has named here; kept as long as the page is open. */
export interface Endpoint {
  model: string;
  base_url: string;
  api_key: string;
}

export const endpointName = (endpoint: Endpoint): string => `openai:${endpoint.model}`;

/** The fields of a request for a run. */
export function requestOf(asked: Asked, endpoint: Endpoint | null): Record<string, unknown> {
  return {
    model: asked.model,
    endpoint: endpoint !== null && asked.model === endpointName(endpoint) ? endpoint : null,
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

const ANOTHER = "+";

const titled = (name: string): string =>
  name === "nano" ? "nano (language model)" : name === "designer" ? "designer (classical search)" : name;

/** Why a device of this name cannot be meant, or is too small; null where it will do. */
export function deviceFault(name: string, about: About, qubits: number): string | null {
  const wanted = name.trim();
  const size = /^(?:generic|ions):(\d+)(?::[\w-]+)?$/.exec(wanted);
  if (size !== null && Number(size[1]) < qubits) return `${wanted} has ${size[1]} qubits, the problem has ${qubits}.`;
  if (wanted === "" || size !== null || about.devices.includes(wanted) || about.devices.includes(`fake_${wanted}`)) return null;
  return `There is no device ${wanted}: take one from the list, or one such as generic:27:heavy-hex or ions:11.`;
}

/** Why a number in a field cannot be taken; null where it can. */
function fault(name: string, text: string, least: number, most: number): string | null {
  if (text.trim() === "") return null;
  const value = whole(text);
  return value === null || value < least || value > most ? `${name}: a whole number from ${least} to ${most}.` : null;
}

export function WriteForm(props: {
  about: About;
  asked: Asked;
  facts: Facts | null;
  endpoint: Endpoint | null;
  progress: Progress | null;
  failure: string | null;
  onAsked: (asked: Asked) => void;
  onEndpoint: (endpoint: Endpoint) => void;
  onStart: () => void;
  onCancel: () => void;
}) {
  const { about, asked, facts, progress, endpoint } = props;
  const [naming, setNaming] = useState(false);
  const set = (change: Partial<Asked>) => props.onAsked({ ...asked, ...change });
  const refused = facts?.refused[asked.model];
  const faults = [
    fault("Layers", asked.layers, 1, 20),
    fault("Attempts", asked.samples, 1, 64),
    fault("Seed", asked.seed, 0, Number.MAX_SAFE_INTEGER),
    deviceFault(asked.device, about, facts?.n_qubits ?? 0),
  ].filter((why) => why !== null);
  const ready = facts !== null && refused === undefined && progress === null && faults.length === 0;
  const names = about.models.map((model) => model.name);
  if (endpoint !== null && !names.includes(endpointName(endpoint))) names.push(endpointName(endpoint));
  return (
    <>
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
            <select
              value={asked.model}
              onChange={(event) => {
                const chosen = event.currentTarget.value;
                if (chosen !== ANOTHER) set({ model: chosen });
                else {
                  event.currentTarget.value = asked.model;
                  setNaming(true);
                }
              }}
            >
              {names.map((name) => <option key={name} value={name}>{titled(name)}</option>)}
              {about.endpoints && <option value={ANOTHER}>another, behind an address …</option>}
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
            <input inputMode="numeric" placeholder="auto" value={asked.layers} onInput={(event) => set({ layers: event.currentTarget.value })} />
          </label>
        </div>
        <div class="row checks">
          <label><input type="checkbox" checked={asked.refine} onChange={(event) => set({ refine: event.currentTarget.checked })} /> Refine: try again with the verdict, polish angles</label>
          <label class={asked.model === "designer" ? "off" : undefined}>
            <input type="checkbox" disabled={asked.model === "designer"} checked={asked.withQaoa && asked.model !== "designer"} onChange={(event) => set({ withQaoa: event.currentTarget.checked })} /> With the designer’s QAOA beside it
          </label>
        </div>
        <details>
          <summary>Attempts, device, seed</summary>
          <div class="row">
            <label class="field narrow">
              <span>Attempts</span>
              <input inputMode="numeric" placeholder="auto" value={asked.samples} onInput={(event) => set({ samples: event.currentTarget.value })} />
            </label>
            <label class="field">
              <span>Device</span>
              <input list="devices" placeholder="none: an ideal machine" value={asked.device} onInput={(event) => set({ device: event.currentTarget.value })} />
              <datalist id="devices">{about.devices.map((name) => <option key={name} value={name} />)}</datalist>
            </label>
            <label class="field narrow">
              <span>Seed</span>
              <input inputMode="numeric" value={asked.seed} onInput={(event) => set({ seed: event.currentTarget.value })} />
            </label>
          </div>
        </details>
        {refused !== undefined && <p class="failure" role="alert">{sentence(new Error(refused))}</p>}
        {faults.map((why) => <p key={why} class="failure" role="alert">{why}</p>)}
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
      {naming && (
        <EndpointDialog
          given={endpoint}
          onClose={() => setNaming(false)}
          onEndpoint={(named) => {
            props.onEndpoint(named);
            set({ model: endpointName(named) });
          }}
        />
      )}
    </>
  );
}

/** Where a model is that is not on this machine. */
function EndpointDialog(props: { given: Endpoint | null; onClose: () => void; onEndpoint: (endpoint: Endpoint) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="endpoint-title" onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          const text = (name: string) => String(given.get(name) ?? "").trim();
          props.onEndpoint({ model: text("model"), base_url: text("base_url"), api_key: text("api_key") });
          dialog.current!.close();
        }}
      >
        <h2 id="endpoint-title">A model behind an address</h2>
        <p class="hint">Any OpenAI-compatible endpoint. It is sent the problem in words, by this machine; nothing else leaves it. The key stays in this tab until it is closed.</p>
        <label class="field"><span>Model</span><input name="model" required maxLength={100} placeholder="Qwen/Qwen3-8B" defaultValue={props.given?.model ?? ""} /></label>
        <label class="field"><span>Address, up to /v1</span><input name="base_url" type="url" required maxLength={300} pattern="https?://.+" placeholder="http://127.0.0.1:11434/v1" defaultValue={props.given?.base_url ?? ""} /></label>
        <label class="field"><span>API key (if it wants one)</span><input name="api_key" type="password" autocomplete="off" maxLength={500} defaultValue={props.given?.api_key ?? ""} /></label>
        <div class="row tools">
          <button type="submit" class="primary">Use it</button>
          <button type="button" onClick={() => dialog.current!.close()}>Cancel</button>
        </div>
      </form>
    </dialog>
  );
}
