// Grafana's own description of dashboards, as its SDK for TypeScript has it. A dashboard is written down as a program that
// assigns it to these types, and the compiler says what is wrong: unknown fields, too.
import path from 'node:path';
import ts from 'typescript';
import { here } from './places.mjs';

// Plain<T>: T as JSON has it, where an enumeration is one of its values and nothing has methods.
const head = `
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

type Plain<T> = T extends string ? \`\${T}\`
  : T extends (infer Item)[] ? Plain<Item>[]
  : T extends object ? { [Key in keyof T as Key extends '_implementsDataqueryVariant' ? never : Key]: Plain<T[Key]> }
  : T;
type Panel<Type, Options, Custom> =
  Omit<Plain<dashboard.Panel>, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
    type: Type;
    options: Plain<Options>;
    targets: Plain<prometheus.Dataquery>[];
    fieldConfig: {
      defaults: Omit<Plain<dashboard.FieldConfig>, 'custom'> & (Custom extends never ? {} : { custom?: Plain<Custom> });
      overrides: Plain<dashboard.FieldConfigSource>['overrides'];
    };
  };
type TimeSeries = Panel<'timeseries', timeseries.Options, timeseries.FieldConfig>;
type Stat = Panel<'stat', stat.Options, {}>;
type Table = Panel<'table', table.Options, table.FieldConfig>;
type Frame = Omit<Plain<dashboard.Dashboard>, 'panels'>;
`;

const kinds = { timeseries: 'TimeSeries', stat: 'Stat', table: 'Table' };
// A statement for each panel, so that a complaint names one, and one for what is around them.
function programOf({ panels, ...frame }) {
  const assign = (value, type, n) => `export const part${n}: ${type} = ${JSON.stringify(value)};`;
  return [head, assign(frame, 'Frame', 0), ...panels.map((panel, n) => assign(panel, kinds[panel.type], n + 1))].join(
    '\n',
  );
}

const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: [],
};

// The compiler's sentences, none if all is right; `dashboards`: name -> dashboard.
export function problemsOf(dashboards) {
  const files = new Map(
    Object.entries(dashboards).map(([name, one]) => [path.join(here, `${name}.mts`), programOf(one)]),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    files.has(file) ? ts.createSourceFile(file, files.get(file), ...rest) : getSourceFile(file, ...rest);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (!file) return text;
    const around = file.text.slice(start, start + 60).split('\n')[0];
    return `${path.basename(file.fileName)}: ${text} at ${around}`;
  });
}
