/**
 * Runs one plugin on damaged memory and says how it went: within its bounds or not, with rows that are what the published
 * schema promises or not. A `UserError` (a profile gap is one) is a good end.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Image } from '../../src/analysis/image.js';
import type { Options, OptionsOf, Plugin, PluginIo } from '../../src/analysis/plugin.js';
import { runPlugin } from '../../src/analysis/run-plugin.js';
import { UserError } from '../../src/core/errors.js';
import { jsonRow, rowsSchema, textValue } from '../../src/report/values.js';
import type { AlteredMemory } from './altered-memory.js';

export interface Bounds {
  readonly pages: number;
  readonly rows: number;
  /** Bytes in array buffers, beyond those there before. */
  readonly memory: number;
  /** Bytes handed out for extraction. */
  readonly extracted: number;
}

export interface Outcome {
  readonly rows: number;
  readonly partial: number;
  readonly pages: number;
  /** Why it ended early in a good way. */
  readonly refused?: string;
  /** What went wrong: message and stack. */
  readonly failure?: string;
}

class BoundExceeded extends Error {
  override readonly name = 'BoundExceeded';
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validators = new Map<string, ValidateFunction>();

function validatorOf(plugin: Plugin): ValidateFunction {
  let validate = validators.get(plugin.name);
  if (validate === undefined) {
    validate = ajv.compile(rowsSchema(plugin.name, plugin.columns).items as object);
    validators.set(plugin.name, validate);
  }
  return validate;
}

export async function boundedRun(
  plugin: Plugin,
  image: Image,
  memory: AlteredMemory,
  options: OptionsOf<Options>,
  bounds: Bounds,
): Promise<Outcome> {
  let rows = 0;
  let partial = 0;
  let extracted = 0;
  const before = process.memoryUsage().arrayBuffers;
  const start = memory.pagesRead;
  const check = () => {
    const grown = process.memoryUsage().arrayBuffers - before;
    if (grown > bounds.memory) throw new BoundExceeded(`${grown} bytes of memory were taken`);
  };
  const io: PluginIo = {
    extract: (_name, chunks) => {
      for (const { bytes } of chunks) {
        extracted += bytes.length;
        if (extracted > bounds.extracted) throw new BoundExceeded(`more than ${bounds.extracted} bytes were extracted`);
      }
      return 'extracted';
    },
    progress: () => {},
    note: () => {},
    shows: () => true,
  };
  memory.budget = start + bounds.pages;
  memory.onRead = check;
  const validate = validatorOf(plugin);
  const result = () => ({ rows, partial, pages: memory.pagesRead - start });
  try {
    for await (const marked of runPlugin(plugin, image, options, io)) {
      rows++;
      if (marked.partial) partial++;
      if (rows > bounds.rows) throw new BoundExceeded(`more than ${bounds.rows} rows`);
      if ((rows & 0x3ff) === 0) check();
      const json = jsonRow(plugin.columns, marked.row, marked.partial);
      if (!validate(json)) throw new Error(`${ajv.errorsText(validate.errors)}: ${JSON.stringify(json)}`);
      for (const [name, column] of Object.entries(plugin.columns)) textValue(column, marked.row[name]);
    }
    check();
    return result();
  } catch (error) {
    if (error instanceof UserError) return { ...result(), refused: error.message };
    return { ...result(), failure: error instanceof Error ? `${error.stack}` : String(error) };
  } finally {
    memory.budget = Number.POSITIVE_INFINITY;
    memory.onRead = undefined;
  }
}
