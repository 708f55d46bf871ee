// Values of a form that are more than a text: numbers, lists, tables of things with names.

import { Entry } from "./form";

type Row = Record<string, unknown>;
const MOST_ROWS = 40;

const isPlain = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

const isWord = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && /^[^\s,;[\]{}"]+$/.test(value) && typeof parsed(value) === "string");

/** Things with the same few plain entries each, which a table can hold. */
function isTable(value: unknown): value is Row[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_ROWS) return false;
  const columns = Object.keys((value[0] ?? {}) as object).join();
  return value.every(
    (row) =>
      typeof row === "object" && row !== null && !Array.isArray(row) &&
      Object.keys(row as object).join() === columns && Object.values(row as object).every(isPlain),
  );
}

/** A value as a text: lists of words and numbers with commas, anything else as JSON. */
function written(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length > 0 && value.every(isWord)) return value.join(", ");
  return JSON.stringify(value);
}

/** A text as JSON where it is, else as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What a text means where a list stood before, or something else. */
function meant(text: string, before: unknown): unknown {
  if (text.trim() === "") return undefined;
  if (!Array.isArray(before) || /^\s*[[{]/.test(text)) return parsed(text);
  return text.split(/[\s,;]+/).filter((part) => part !== "").map(parsed);
}

function fault(text: string): string | null {
  if (!/^\s*[[{]/.test(text) || typeof parsed(text) !== "string") return null;
  return "This is not JSON: a bracket, a comma or a quotation mark is missing.";
}

export function ValueEntry(props: {
  label: string;
  help: string;
  value: unknown;
  onValue: (value: unknown) => void;
}) {
  const { label, help, value } = props;
  if (isTable(value)) return <Table label={label} help={help} rows={value} onValue={props.onValue} />;
  const text = written(value);
  const long = text.length > 40 || (typeof value === "object" && value !== null && !Array.isArray(value));
  return (
    <Entry
      label={label}
      help={help}
      value={text}
      fault={fault}
      {...(long ? { rows: Math.min(8, Math.ceil(text.length / 48) + 1) } : {})}
      onValue={(changed) => props.onValue(meant(changed, value))}
    />
  );
}

function Table(props: { label: string; help: string; rows: Row[]; onValue: (value: unknown) => void }) {
  const { label, rows, onValue } = props;
  const columns = Object.keys(rows[0]!);
  const set = (at: number, column: string, text: string) => {
    const before = rows[at]![column];
    const value = typeof before === "string" ? text : parsed(text);
    onValue(rows.map((row, i) => (i === at ? { ...row, [column]: value } : row)));
  };
  const another = (): Row => {
    const last = rows[rows.length - 1]!;
    const taken = new Set(rows.map((row) => row["name"]));
    let count = rows.length + 1;
    while (taken.has(`item ${count}`)) count += 1;
    return "name" in last ? { ...last, name: `item ${count}` } : { ...last };
  };
  return (
    <fieldset class="table">
      <legend>{label}</legend>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              {columns.map((column) => <th key={column} scope="col">{column}</th>)}
              <td />
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                {columns.map((column) => (
                  <td key={column}>
                    <Cell
                      name={`${column} of ${String(row["name"] ?? i + 1)}`}
                      value={row[column]}
                      onText={(text) => set(i, column, text)}
                    />
                  </td>
                ))}
                <td>
                  <button type="button" disabled={rows.length < 2} aria-label={`Remove ${String(row["name"] ?? i + 1)}`} onClick={() => onValue(rows.filter((_, k) => k !== i))}>×</button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="row tools">
        <button type="button" disabled={rows.length >= MOST_ROWS} onClick={() => onValue([...rows, another()])}>Add one</button>
        <small>{props.help}</small>
      </div>
    </fieldset>
  );
}

function Cell({ name, value, onText }: { name: string; value: unknown; onText: (text: string) => void }) {
  const text = String(value);
  const commit = (input: HTMLInputElement) => {
    const typed = input.value.trim();
    const number = typeof value === "number";
    if (typed === "" || (number && !Number.isFinite(Number(typed)))) input.value = text; // as it was
    else if (typed !== text) onText(typed);
  };
  return (
    <input
      key={text}
      aria-label={name}
      defaultValue={text}
      inputMode={typeof value === "number" ? "decimal" : "text"}
      onBlur={(event) => commit(event.currentTarget)}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit(event.currentTarget);
      }}
    />
  );
}
