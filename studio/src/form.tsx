// The problem beside its picture: chosen node or edge, lists, attributes, what the server says of it.

import { useEffect, useId, useState } from "preact/hooks";
import type { Facts, ProblemType } from "./api";
import type { Selection } from "./editor";
import * as edit from "./problem";
import { edgeKey, keyOf, nameOf, type ProblemData } from "./problem";
import { ValueEntry } from "./values";

interface Props {
  problem: ProblemData;
  type: ProblemType;
  selection: Selection | null;
  onChange: (problem: ProblemData) => void;
  onSelect: (selection: Selection | null) => void;
}

/** A text that counts once it is left or Enter is pressed, unless `fault` says what is wrong with it. */
export function Entry(props: {
  label: string;
  value: string;
  help?: string;
  rows?: number;
  fault?: (text: string) => string | null;
  onValue: (text: string) => void;
}) {
  const [text, setText] = useState(props.value);
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();
  useEffect(() => {
    setText(props.value);
    setWrong(null);
  }, [props.value]);
  const commit = () => {
    const why = text === props.value ? null : (props.fault?.(text) ?? null);
    setWrong(why);
    if (why === null && text !== props.value) props.onValue(text);
  };
  const said = wrong ?? props.help ?? "";
  const common = {
    value: text,
    "aria-invalid": wrong !== null,
    "aria-describedby": said === "" ? undefined : id,
    onInput: (event: { currentTarget: { value: string } }) => setText(event.currentTarget.value),
    onBlur: commit,
  };
  return (
    <label class="field">
      <span>{props.label}</span>
      {props.rows === undefined ? (
        <input
          {...common}
          onKeyDown={(event) => {
            if (event.key === "Enter") commit();
          }}
        />
      ) : (
        <textarea rows={props.rows} spellcheck={false} {...common} />
      )}
      {said !== "" && <small id={id} class={wrong === null ? undefined : "wrong"} role={wrong === null ? undefined : "alert"}>{said}</small>}
    </label>
  );
}

const number = (text: string): number | null =>
  text.trim() === "" || !Number.isFinite(Number(text)) ? null : Number(text);

const notNumber = (text: string): string | null =>
  text.trim() === "" || number(text) !== null ? null : `${text.trim()} is not a number; write it as 3.5.`;

const named = (text: string): edit.Label => number(text) ?? text.trim();

export function Chosen({ problem, type, selection, onChange, onSelect }: Props) {
  if (selection === null) return null;
  const graph = problem.graph!;
  if (selection.kind === "node") {
    const node = graph.nodes.find((n) => keyOf(n.id) === selection.key);
    if (node === undefined) return null;
    return (
      <fieldset class="chosen">
        <legend>Node {nameOf(node.id)}</legend>
        <Entry
          label="Name"
          value={nameOf(node.id)}
          fault={(text) => {
            if (text.trim() === "") return "A node needs a name.";
            return edit.renameNode(problem, selection.key, named(text)) === null ? "Another node has this name." : null;
          }}
          onValue={(text) => {
            const id = named(text);
            onChange(edit.renameNode(problem, selection.key, id)!);
            onSelect({ kind: "node", key: keyOf(id) });
          }}
        />
        {Object.entries(type.nodes).map(([field, meaning]) => (
          <Entry
            key={field}
            label={field}
            help={meaning}
            value={node[field] === undefined ? "" : String(node[field])}
            fault={notNumber}
            onValue={(text) => onChange(edit.setNodeField(problem, selection.key, field, number(text)))}
          />
        ))}
        <button
          type="button"
          onClick={() => {
            onChange(edit.removeNode(problem, selection.key));
            onSelect(null);
          }}
        >
          Remove node
        </button>
      </fieldset>
    );
  }
  const edge = graph.edges.find((e) => edgeKey(e) === selection.key);
  if (edge === undefined) return null;
  return (
    <fieldset class="chosen">
      <legend>
        Edge {nameOf(edge.source)} {graph.directed === true ? "→" : "–"} {nameOf(edge.target)}
      </legend>
      {Object.entries(type.edges).map(([field, meaning]) => (
        <Entry
          key={field}
          label={field}
          help={meaning}
          value={edge[field] === undefined ? "" : String(edge[field])}
          fault={notNumber}
          onValue={(text) => onChange(edit.setEdgeField(problem, selection.key, field, number(text)))}
        />
      ))}
      {graph.directed === true && (
        <button
          type="button"
          onClick={() => {
            onChange(edit.turnEdge(problem, selection.key));
            onSelect(null);
          }}
        >
          Turn round
        </button>
      )}
      <button
        type="button"
        onClick={() => {
          onChange(edit.removeEdge(problem, selection.key));
          onSelect(null);
        }}
      >
        Remove edge
      </button>
    </fieldset>
  );
}

const LISTED = 200;

/** Nodes and edges as lists: the whole graph without a mouse. */
export function Lists(props: Props) {
  const [open, setOpen] = useState(false);
  const { nodes, edges } = props.problem.graph!;
  return (
    <details class="lists" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{nodes.length} nodes, {edges.length} edges as lists</summary>
      {open && <OpenLists {...props} />}
    </details>
  );
}

function OpenLists({ problem, onChange, onSelect }: Props) {
  const graph = problem.graph!;
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [name, setName] = useState("");
  const keys = graph.nodes.slice(0, 1000).map((node) => keyOf(node.id));
  const options = keys.map((key) => (
    <option key={key} value={key}>{nameOf(JSON.parse(key) as edit.Label)}</option>
  ));
  const chosen = (key: string) => (keys.includes(key) ? key : (keys[0] ?? ""));
  return (
    <>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          const id = name.trim() === "" ? edit.freshName(problem) : named(name);
          if (!graph.nodes.some((node) => String(node.id) === String(id))) onChange(edit.addNode(problem, id));
          setName("");
        }}
      >
        <label>
          Name <input value={name} placeholder={String(edit.freshName(problem))} onInput={(e) => setName(e.currentTarget.value)} />
        </label>
        <button type="submit">Add node</button>
      </form>
      {keys.length > 1 && (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            onChange(edit.addEdge(problem, chosen(from), chosen(to)));
          }}
        >
          <label>From <select value={chosen(from)} onChange={(e) => setFrom(e.currentTarget.value)}>{options}</select></label>
          <label>to <select value={chosen(to)} onChange={(e) => setTo(e.currentTarget.value)}>{options}</select></label>
          <button type="submit">Add edge</button>
        </form>
      )}
      <div class="columns">
        <ul aria-label="Nodes">
          {graph.nodes.slice(0, LISTED).map((node) => (
            <li key={keyOf(node.id)}>
              <button type="button" class="plain" onClick={() => onSelect({ kind: "node", key: keyOf(node.id) })}>{nameOf(node.id)}</button>
            </li>
          ))}
        </ul>
        <ul aria-label="Edges">
          {graph.edges.slice(0, LISTED).map((edge) => (
            <li key={edgeKey(edge)}>
              <button type="button" class="plain" onClick={() => onSelect({ kind: "edge", key: edgeKey(edge) })}>
                {nameOf(edge.source)} {graph.directed === true ? "→" : "–"} {nameOf(edge.target)}
              </button>
            </li>
          ))}
        </ul>
      </div>
      {graph.nodes.length + graph.edges.length > LISTED && <p class="hint">The first {LISTED} of each are listed.</p>}
    </>
  );
}

/** Attributes and fields of the type. */
export function Attributes({ problem, type, onChange }: Props) {
  const attributes = problem.problem_specific_attributes ?? {};
  const fields = type.fields.filter((name) => name !== "graph" || !edit.isEditable(problem));
  const names = Object.keys(type.attributes);
  if (fields.length + names.length === 0) return null;
  const entry = (name: string, value: unknown, meaning: string, set: (value: unknown) => void) => (
    <ValueEntry
      key={`${problem.problem_type} ${name}`}
      label={type.required.includes(name) ? name : `${name} (optional)`}
      help={meaning}
      value={value}
      onValue={set}
    />
  );
  return (
    <div class="attributes">
      {fields.map((name) =>
        entry(name, problem[name], "", (value) => {
          const next = { ...problem };
          if (value === undefined) delete next[name];
          else next[name] = value;
          onChange(next);
        }),
      )}
      {names.map((name) =>
        entry(name, attributes[name], type.attributes[name] ?? "", (value) =>
          onChange(edit.setAttribute(problem, name, value)),
        ),
      )}
    </div>
  );
}

/** What the server says of the problem: size, encoding, Hamiltonian, limits. */
export function FactsView(props: {
  facts: Facts | null;
  failure: string | null;
  encoding: string | undefined;
  onEncoding: (encoding: string) => void;
}) {
  const { facts, failure } = props;
  if (failure !== null) return <p class="failure" role="alert">{failure}</p>;
  if (facts === null) return null;
  return (
    <div class="facts">
      <p>
        <strong>{facts.n_qubits} {facts.n_qubits === 1 ? "qubit" : "qubits"}</strong>
        <span class="quiet">, {facts.terms} {facts.terms === 1 ? "term" : "terms"}, </span>
        {facts.encodings.length > 1 ? (
          <label class="quiet">
            encoding{" "}
            <select value={facts.encoding} onChange={(event) => props.onEncoding(event.currentTarget.value)}>
              {facts.encodings.map((name) => <option key={name}>{name}</option>)}
            </select>
          </label>
        ) : (
          <span class="quiet">encoding {facts.encoding}</span>
        )}
      </p>
      {facts.notes.map((note) => <p key={note} class="note">{note}</p>)}
      <details>
        <summary>Hamiltonian</summary>
        <pre tabIndex={0}>{facts.hamiltonian}{facts.cut ? " …" : ""}{facts.constant !== 0 ? `\n+ ${facts.constant}` : ""}</pre>
        <p class="hint">
          Z(i) acts on qubit i. A qubit measured as 0 means selected.
          {facts.penalty !== null && ` Weight of the constraints: ${facts.penalty}.`}
        </p>
      </details>
    </div>
  );
}
